-- prove_chains: which ranges of the logs did the batches take, without a break?
--
-- One row per range and partition; an accepted loss begins a new one.
--   log_id     varchar   log
--   topic      varchar   topic
--   partition  smallint  partition
--   first      bigint    first offset
--   next       bigint    offset after the last
--   received   bigint    records in it
--   seal       ubigint    xor of the seals of its batches: the seal of the range
-- Reads: raw.batches, raw.accepted_losses
with numbered as (
    select
        batches.log_id,
        batches.log_topic,
        batches.log_partition,
        batches.first_offset,
        batches.next_offset,
        batches.received,
        batches.records_xor,
        count(losses.first_offset) as losses_before
    from raw.batches
    left join raw.accepted_losses as losses
        on losses.log_id = batches.log_id
        and losses.log_topic = batches.log_topic
        and losses.log_partition = batches.log_partition
        and losses.first_offset < batches.next_offset
    group by all
)
select
    log_id,
    log_topic as topic,
    log_partition as partition,
    min(first_offset) as first,
    max(next_offset) as next,
    cast(sum(received) as bigint) as received,
    bit_xor(records_xor) as seal
from numbered
group by log_id, log_topic, log_partition, losses_before
order by log_id, topic, partition, first
