-- given_up: how far had the store come in logs that were given up for others?
--
-- One row per partition of which a loss was accepted.
--   log_id         varchar   log
--   log_topic      varchar   topic
--   log_partition  smallint  partition
--   next_offset    bigint    offset after the last record that it stored
-- Reads: raw.accepted_losses
select
    log_id,
    log_topic,
    log_partition,
    max(first_offset) as next_offset
from raw.accepted_losses
group by log_id, log_topic, log_partition
order by log_topic, log_id, log_partition
