-- behind: which batches lie behind the folded positions?
--
-- One row per batch.
--   log_id, log_topic, log_partition, first_offset, next_offset, first_received_at, last_received_at, committed_at:
--   columns of raw.batches
-- Reads: raw.batches, raw.folded_positions
select
    batches.log_id,
    batches.log_topic,
    batches.log_partition,
    batches.first_offset,
    batches.next_offset,
    batches.first_received_at,
    batches.last_received_at,
    batches.committed_at
from raw.batches as batches
left join raw.folded_positions as folded using (log_id, log_topic, log_partition)
where batches.next_offset > coalesce(folded.next_offset, -1)
