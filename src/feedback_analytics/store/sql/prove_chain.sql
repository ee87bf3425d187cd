-- prove_chain: where do the batches of a partition not join?
--
-- One row per place: a gap or an overlap between two batches, at the beginning, or before the position. A jump that an
-- operator has accepted as lost is none.
--   topic      varchar   topic
--   partition  smallint  partition
--   what       varchar   gap or overlap
--   offset     bigint    where the batches should go on
--   earliest   bigint    where the store began
--   position   bigint    where it stands; of a former log, where it stood
-- Reads: raw.partitions, raw.batches, raw.accepted_losses, positions
with jumps as (
    select
        log_id,
        log_topic,
        log_partition,
        first_offset,
        if(next_log_id = log_id, next_offset, null) as next_offset
    from raw.accepted_losses
),
spans as (
    select
        log_id,
        log_topic,
        log_partition,
        cast(null as bigint) as first_offset,
        earliest_offset as next_offset
    from raw.partitions
    union all
    select
        log_id,
        log_topic,
        log_partition,
        first_offset,
        next_offset
    from raw.batches
    union all
    select
        log_id,
        log_topic,
        log_partition,
        first_offset,
        next_offset
    from jumps
    where next_offset is not null
    union all
    select
        log_id,
        log_topic,
        log_partition,
        next_offset as first_offset,
        null as next_offset
    from positions
    union all
    select
        log_id,
        log_topic,
        log_partition,
        first_offset,
        null as next_offset
    from jumps
    where next_offset is null
),
joined as (
    select
        log_id,
        log_topic,
        log_partition,
        first_offset,
        lag(next_offset) over (
            partition by log_id, log_topic, log_partition
            order by first_offset nulls first, next_offset nulls last
        ) as expected_offset,
        min(next_offset) filter (where first_offset is null) over (
            partition by log_id, log_topic, log_partition
        ) as earliest,
        max(first_offset) filter (where next_offset is null) over (
            partition by log_id, log_topic, log_partition
        ) as position
    from spans
)
select
    log_topic as topic,
    log_partition as partition,
    if(first_offset > expected_offset, 'a gap', 'an overlap') as what,
    coalesce(expected_offset, first_offset) as "offset",
    earliest,
    position
from joined
where first_offset is not null
  and first_offset is distinct from expected_offset
order by topic, partition, "offset"
