-- prove_stored: which batches stored another number of events than the tables hold?
--
-- Events are counted by their place in the log, so that a row kept twice does not stand for one that is missing; a row
-- kept twice is shown as one too many.
--   topic      varchar   topic
--   partition  smallint  partition
--   batch      varchar   transaction
--   first      bigint    first offset of the batch
--   last       bigint    last offset of the batch
--   claimed    bigint    events that the batch says it stored
--   found      bigint    events that the tables hold
-- Reads: raw.batches, raw.votes, raw.articles
with events as (
    select batch_id, log_id, log_topic, log_partition, log_offset
    from raw.votes
    where not is_reversal
    union all
    select batch_id, log_id, log_topic, log_partition, log_offset
    from raw.articles
),
found as (
    select
        batch_id,
        log_id,
        log_topic,
        log_partition,
        count(*) as found_rows,
        count(distinct log_offset) as places,
        min(log_offset) as lowest_offset,
        max(log_offset) as highest_offset
    from events
    group by batch_id, log_id, log_topic, log_partition
)
select
    log_topic as topic,
    log_partition as partition,
    batch_id as batch,
    batches.first_offset as first,
    batches.next_offset - 1 as last,
    coalesce(batches.stored, 0) as claimed,
    coalesce(if(found.places < found.found_rows, found.found_rows, found.places), 0) as found
from raw.batches
full join found using (batch_id, log_id, log_topic, log_partition)
where coalesce(batches.stored, 0) <> coalesce(found.places, 0)
   or found.places < found.found_rows
   or found.lowest_offset < batches.first_offset
   or found.highest_offset >= batches.next_offset
order by topic, partition, first, batch
