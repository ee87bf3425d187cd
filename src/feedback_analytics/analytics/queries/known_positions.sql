-- known_positions: how far had the store come in each partition, now or at an earlier time?
--
-- One row per partition of every log the store has taken events from. What a question counts is what lies before these.
--   log_id              varchar   identity of the log
--   log_topic           varchar   topic
--   log_partition       smallint  partition
--   next_offset         bigint    offset of the next record to store
--   as_of               timestamp with time zone   last commit among these batches (UTC)
--   records             bigint                     records of the log that they processed
--   first_received_at   timestamp with time zone   when the log took the first of them (UTC); null without records
--   newest_received_at  timestamp with time zone   when the log took the last of them (UTC); null without records
-- Parameters: $known_at  timestamp with time zone; null: now
-- Reads: raw.batches
select
    log_id,
    log_topic,
    log_partition,
    max(next_offset)        as next_offset,
    max(committed_at)       as as_of,
    sum(received)::bigint   as records,
    min(first_received_at)  as first_received_at,
    max(last_received_at)   as newest_received_at
from raw.batches
where $known_at::timestamptz is null
   or committed_at <= $known_at::timestamptz
group by log_id, log_topic, log_partition
order by log_topic, log_id, log_partition
