-- days_of_targets: what do the sums of some whole days say of each article, and each section?
--
-- One row per target with answers in these days. In no order: a part of what is added up to counts.
--   article_id    varchar  publisher's id of the article
--   section_id    varchar  publisher's id of the section; null for the article as a whole
--   votes_delta   bigint   change of the number of standing votes
--   useful_delta  bigint   change of the number of those that say useful
-- Parameters: $since, $until  timestamp with time zone (beginnings of days), half-open
--             $of_sections    boolean; null: articles as a whole and sections
--             $article_id     varchar; null: any
-- Reads: raw.usefulness_daily
select
    article_id,
    section_id,
    sum(votes_delta)::bigint   as votes_delta,
    sum(useful_delta)::bigint  as useful_delta
from raw.usefulness_daily
where day_at >= $since
  and day_at <  $until
  and ($of_sections::boolean is null or (section_id is not null) = $of_sections::boolean)
  and ($article_id::varchar is null or concat(article_id, '') = $article_id::varchar)
group by article_id, section_id
