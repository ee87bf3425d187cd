-- prove_outcomes: in which batches do the outcomes not add up?
--
-- One row per batch and partition whose received is not stored + duplicate + dead + moved.
--   batch, topic, partition, received, stored, duplicate, dead, moved: as in raw.batches
-- Reads: raw.batches
select
    batch_id as batch,
    log_topic as topic,
    log_partition as partition,
    received,
    stored,
    duplicate,
    dead,
    moved
from raw.batches
where received <> stored + duplicate + dead + moved
order by batch, topic, partition
