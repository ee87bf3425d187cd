-- sum_days: the sums of some days, one row per article, section and day.
--
--   summed_rows    bigint  rows that it stands for
-- and the columns of raw.usefulness_daily.
-- Parameters: $since, $until  timestamptz (beginnings of days), half-open
-- Reads: raw.usefulness_daily
select
    article_id,
    section_id,
    day_at,
    cast(sum(votes_delta) as bigint) as votes_delta,
    cast(sum(useful_delta) as bigint) as useful_delta,
    count(*) as summed_rows
from raw.usefulness_daily
where day_at >= $since
  and day_at < $until
group by article_id, section_id, day_at
order by day_at, article_id, section_id
