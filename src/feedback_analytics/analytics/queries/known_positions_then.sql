-- known_positions_then: how far had the store come in each partition at an earlier time?
--
-- One row per partition of every log the store had taken events from.
--   log_id         varchar   identity of the log
--   log_topic      varchar   topic
--   log_partition  smallint  partition
--   next_offset    bigint    offset of the next record to store
-- Parameters: $known_at  timestamp with time zone
-- Reads: raw.batches
select
    log_id,
    log_topic,
    log_partition,
    max(next_offset)  as next_offset
from raw.batches
where committed_at <= $known_at
group by log_id, log_topic, log_partition
order by log_topic, log_id, log_partition
