-- entries_of_targets: what do the entries of a time say of each article, and each section?
--
-- One row per target with known entries in it. In no order: a part of what is added up to counts: a time that is no whole day, or all of the period.
--   article_id    varchar  publisher's id of the article
--   section_id    varchar  publisher's id of the section; null for the article as a whole
--   votes_delta   bigint   change of the number of standing votes
--   useful_delta  bigint   change of the number of those that say useful
-- Parameters: $since, $until  timestamp with time zone, half-open
--             $of_sections    boolean; null: articles as a whole and sections
--             $article_id     varchar; null: any
-- Reads: raw.votes, known
select
    votes.article_id,
    votes.section_id,
    sum(votes.votes_delta)::bigint   as votes_delta,
    sum(votes.useful_delta)::bigint  as useful_delta
from raw.votes as votes
join known using (log_id, log_topic, log_partition)
where votes.log_offset < known.next_offset
  and votes.occurred_at >= $since
  and votes.occurred_at <  $until
  and ($of_sections::boolean is null or (votes.section_id is not null) = $of_sections::boolean)
  and ($article_id::varchar is null or concat(votes.article_id, '') = $article_id::varchar)
group by votes.article_id, votes.section_id
