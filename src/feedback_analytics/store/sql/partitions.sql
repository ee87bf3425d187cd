-- partitions: which partitions of which logs did the store ever read, and from where on?
--
-- One row per partition.
--   log_id           varchar   log
--   log_topic        varchar   topic
--   log_partition    smallint  partition
--   earliest_offset  bigint    offset of the first record that the store was to get
-- Reads: raw.partitions
select
    log_id,
    log_topic,
    log_partition,
    min(earliest_offset) as earliest_offset
from raw.partitions
group by log_id, log_topic, log_partition
order by log_topic, log_id, log_partition
