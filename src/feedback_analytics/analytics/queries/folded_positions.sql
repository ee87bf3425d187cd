-- folded_positions: how far do the sums by day and month go in each partition?
--
-- One row per partition of which something was folded.
--   log_id              varchar   identity of the log
--   log_topic           varchar   topic
--   log_partition       smallint  partition
--   folded_offset       bigint    the sums hold what lies before this offset
--   time_zone           varchar   time zone of their days
--   first_vote_hour     timestamp with time zone   hour of the earliest answer among the folded entries; null without
--   newest_vote_hour    timestamp with time zone   hour of the latest answer among them; null without
--   committed_at        timestamp with time zone   when the last of the folded batches was committed
-- Reads: raw.folded_positions
select
    log_id,
    log_topic,
    log_partition,
    next_offset  as folded_offset,
    time_zone,
    first_vote_hour,
    newest_vote_hour,
    committed_at
from raw.folded_positions
order by log_topic, log_id, log_partition
