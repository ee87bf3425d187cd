-- sum_hours: the hourly sums of a span, one row per article, version, section and hour.
--
--   summed_rows    bigint  rows that it stands for
-- and the columns of raw.usefulness_hourly.
-- Parameters: $since, $until  timestamptz (whole hours), half-open
-- Reads: raw.usefulness_hourly
select
    article_id,
    article_version,
    section_id,
    "hour",
    cast(sum(votes_delta) as bigint) as votes_delta,
    cast(sum(useful_delta) as bigint) as useful_delta,
    count(*) as summed_rows
from raw.usefulness_hourly
where "hour" >= $since
  and "hour" < $until
group by article_id, article_version, section_id, "hour"
order by "hour", article_id, section_id, article_version
