-- hours_added: how many rows of hourly sums were added to each hour by a range of snapshots?
--
-- One row per hour.
--   hour  timestamptz  hour
--   rows  bigint       rows
-- Parameters: $since, $until  bigint, snapshots, both included
-- Reads: raw.usefulness_hourly
select
    "hour",
    count(*) as "rows"
from ducklake_table_insertions('feedback', 'raw', 'usefulness_hourly', $since, $until)
group by "hour"
order by "hour"
