-- few_spans_of_targets: by how much are the sums of some days short, or ahead, of what was known?
--
-- One row per target with entries that the sums do not hold, or hold although they were not known. In no order: a part of what is added up to counts.
--   article_id    varchar  publisher's id of the article
--   section_id    varchar  publisher's id of the section; null for the article as a whole
--   votes_delta   bigint   change of the number of standing votes
--   useful_delta  bigint   change of the number of those that say useful
-- Parameters: $since, $until               timestamp with time zone, half-open
--             $of_sections    boolean; null: articles as a whole and sections
--             $article_id     varchar; null: any
-- Reads: span_entries
select
    votes.article_id,
    votes.section_id,
    sum(votes.votes_delta)::bigint   as votes_delta,
    sum(votes.useful_delta)::bigint  as useful_delta
from span_entries as votes
where votes.occurred_at >= $since
  and votes.occurred_at <  $until
  and ($of_sections::boolean is null or (votes.section_id is not null) = $of_sections::boolean)
  and ($article_id::varchar is null or votes.article_id = $article_id::varchar)
group by votes.article_id, votes.section_id
