-- months: how many rows of sums does each month have?
--
-- One row per month.
--   month_at  timestamptz  beginning of the month
--   rows  bigint  rows
-- Reads: raw.usefulness_monthly
select
    month_at,
    count(*) as "rows"
from raw.usefulness_monthly
group by month_at
order by month_at
