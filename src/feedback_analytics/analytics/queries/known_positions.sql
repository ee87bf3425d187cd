-- known_positions: how far has the store come in each partition, and how far do its sums by day and month go?
--
-- One row per partition of every log the store has taken events from. What a question counts is what lies before these.
--   log_id              varchar   identity of the log
--   log_topic           varchar   topic
--   log_partition       smallint  partition
--   next_offset         bigint    offset of the next record to store
--   earliest_offset     bigint    offset of the first record that the store was to get
--   folded_offset       bigint    the sums hold what lies before this offset
--   time_zone           varchar   time zone of their days; null where nothing was folded
--   first_vote_hour     timestamp with time zone   hour of the earliest answer among the folded entries; null without
--   newest_vote_hour    timestamp with time zone   hour of the latest answer among them; null without
--   first_received_at   timestamp with time zone   when the log took the first record of the folded batches
--   newest_received_at  timestamp with time zone   when the log took the last record of them
--   committed_at        timestamp with time zone   when the last of them was committed
-- Reads: ends (log_id, log_topic, log_partition, earliest_offset, next_offset), raw.folded_positions
select
    ends.log_id,
    ends.log_topic,
    ends.log_partition,
    ends.next_offset,
    ends.earliest_offset,
    coalesce(folded.next_offset, ends.earliest_offset)  as folded_offset,
    folded.time_zone,
    folded.first_vote_hour,
    folded.newest_vote_hour,
    folded.first_received_at,
    folded.newest_received_at,
    folded.committed_at
from ends
left join raw.folded_positions as folded using (log_id, log_topic, log_partition)
where ends.next_offset > ends.earliest_offset
order by ends.log_topic, ends.log_id, ends.log_partition
