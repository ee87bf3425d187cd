-- days_added: how many rows of sums were added to each day by a range of snapshots?
--
-- One row per day.
--   day_at  timestamptz  beginning of the day
--   rows  bigint  rows
-- Parameters: $since, $until  bigint, snapshots, both included
-- Reads: raw.usefulness_daily
select
    day_at,
    count(*) as "rows"
from ducklake_table_insertions('feedback', 'raw', 'usefulness_daily', $since, $until)
group by day_at
order by day_at
