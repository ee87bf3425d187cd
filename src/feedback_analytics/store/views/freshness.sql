-- freshness: up to when is the store complete?
--
-- One row, always.
--   as_of        timestamptz  when the last transaction was committed; null while the store is empty
--   lag_records  bigint       records that still waited in the log at the last commit of each partition; null when not known
-- Reads: raw.batches
with partitions as (
    select
        log_id,
        log_topic,
        log_partition,
        max(committed_at) as committed_at,
        arg_max(lag_records, next_offset) as lag_records
    from raw.batches
    group by log_id, log_topic, log_partition
)
select
    max(committed_at) as as_of,
    cast(sum(lag_records) as bigint) as lag_records
from partitions
