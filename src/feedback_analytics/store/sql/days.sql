-- days: how many rows of sums does each day have?
--
-- One row per day.
--   day_at  timestamptz  beginning of the day
--   rows  bigint  rows
-- Reads: raw.usefulness_daily
select
    day_at,
    count(*) as "rows"
from raw.usefulness_daily
group by day_at
order by day_at
