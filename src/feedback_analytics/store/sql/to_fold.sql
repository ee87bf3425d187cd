-- to_fold: which batches are folded next, partition by partition?
--
-- One row per partition that has batches behind its folded position. Ranges end where a batch ends.
--   log_id              varchar      log
--   log_topic           varchar      topic
--   log_partition       smallint     partition
--   first_offset        bigint       first offset of the range
--   next_offset         bigint       offset after its last
--   first_received_at   timestamptz  when the log took its first record
--   newest_received_at  timestamptz  when the log took its last record
--   committed_at        timestamptz  when the last of its batches was committed
--   waiting             bigint       offsets from first_offset to the end of all batches
-- Parameters: $records  bigint, offsets at most per partition, but at least one batch
-- Reads: behind (columns of sql/behind.sql), raw.folded_positions
with waiting as (
    select
        behind.log_id,
        behind.log_topic,
        behind.log_partition,
        behind.first_offset,
        behind.next_offset,
        behind.first_received_at,
        behind.last_received_at,
        behind.committed_at
    from behind
    left join raw.folded_positions as folded using (log_id, log_topic, log_partition)
    where behind.next_offset > coalesce(folded.next_offset, -1)
),
begins as (
    select
        log_id,
        log_topic,
        log_partition,
        min(first_offset)                     as begin_offset,
        max(next_offset) - min(first_offset)  as waiting
    from waiting
    group by log_id, log_topic, log_partition
)
select
    log_id,
    log_topic,
    log_partition,
    min(begin_offset)       as first_offset,
    max(next_offset)        as next_offset,
    min(first_received_at)  as first_received_at,
    max(last_received_at)   as newest_received_at,
    max(committed_at)       as committed_at,
    min(waiting)            as waiting
from waiting
join begins using (log_id, log_topic, log_partition)
where first_offset < begin_offset + $records
group by log_id, log_topic, log_partition
order by log_id, log_topic, log_partition
