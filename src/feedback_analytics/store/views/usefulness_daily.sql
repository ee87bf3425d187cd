-- usefulness_daily: how many standing answers were given on each day, and how many of them say useful?
--
-- One row per UTC day, article and section with at least one standing vote given on that day.
--   day         date     day of the answers (UTC)
--   article_id  varchar  publisher's id of the article
--   section_id  varchar  publisher's id of the section; null for the article as a whole
--   votes       bigint   standing votes given on that day; at least 1
--   useful      bigint   of those, useful; 0 <= useful <= votes
-- Reads: raw.usefulness_hourly
select
    cast("hour" at time zone 'UTC' as date) as day,
    article_id,
    section_id,
    cast(sum(votes_delta) as bigint) as votes,
    cast(sum(useful_delta) as bigint) as useful
from raw.usefulness_hourly
group by day, article_id, section_id
having sum(votes_delta) > 0
