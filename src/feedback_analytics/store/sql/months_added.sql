-- months_added: how many rows of sums were added to each month by a range of snapshots?
--
-- One row per month.
--   month_at  timestamptz  beginning of the month
--   rows  bigint  rows
-- Parameters: $since, $until  bigint, snapshots, both included
-- Reads: raw.usefulness_monthly
select
    month_at,
    count(*) as "rows"
from ducklake_table_insertions('feedback', 'raw', 'usefulness_monthly', $since, $until)
group by month_at
order by month_at
