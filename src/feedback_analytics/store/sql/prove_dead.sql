-- prove_dead: which batches let another number of records die than raw.dead_letters holds?
--
-- Counted by their place in the log; a dead letter kept twice is shown as one too many.
--   topic      varchar   topic
--   partition  smallint  partition
--   batch      varchar   transaction
--   first      bigint    first offset of the batch
--   last       bigint    last offset of the batch
--   claimed    bigint    records that died, as the batch says
--   found      bigint    dead letters
-- Reads: raw.batches, raw.dead_letters
with found as (
    select
        batch_id,
        log_id,
        log_topic,
        log_partition,
        count(*) as letters,
        count(distinct log_offset) as places,
        min(log_offset) as lowest_offset,
        max(log_offset) as highest_offset
    from raw.dead_letters
    group by batch_id, log_id, log_topic, log_partition
)
select
    log_topic as topic,
    log_partition as partition,
    batch_id as batch,
    batches.first_offset as first,
    batches.next_offset - 1 as last,
    coalesce(batches.dead, 0) as claimed,
    coalesce(found.letters, 0) as found
from raw.batches
full join found using (batch_id, log_id, log_topic, log_partition)
where coalesce(batches.dead, 0) <> coalesce(found.places, 0)
   or found.places < found.letters
   or found.lowest_offset < batches.first_offset
   or found.highest_offset >= batches.next_offset
order by topic, partition, first, batch
