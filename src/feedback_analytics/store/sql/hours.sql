-- hours: how many rows of hourly sums does each hour have?
--
-- One row per hour.
--   hour  timestamptz  hour
--   rows  bigint       rows
-- Reads: raw.usefulness_hourly
select
    "hour",
    count(*) as "rows"
from raw.usefulness_hourly
group by "hour"
order by "hour"
