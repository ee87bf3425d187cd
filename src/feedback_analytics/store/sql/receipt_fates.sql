-- receipt_fates: what became of each receipt?
--
-- One row per receipt, in their order.
--   number  bigint   place of the receipt in the list
--   fate    varchar  stored, dead, settled, waiting or lost
-- Reads: receipts, positions, raw.votes, raw.articles, raw.dead_letters, raw.batches
with held as (
    select
        log_topic,
        log_partition,
        log_offset,
        'stored' as fate
    from raw.votes
    where not is_reversal
    union all
    select
        log_topic,
        log_partition,
        log_offset,
        'stored' as fate
    from raw.articles
    union all
    select
        log_topic,
        log_partition,
        log_offset,
        'dead' as fate
    from raw.dead_letters
),
found as (
    select
        receipts.number,
        max(held.fate) as fate
    from receipts
    join held using (log_topic, log_partition, log_offset)
    group by receipts.number
),
spans as (
    select
        log_topic,
        log_partition,
        first_offset,
        max(next_offset) as next_offset
    from raw.batches
    group by log_topic, log_partition, first_offset
),
batched as (
    select
        receipts.number,
        receipts.log_offset < spans.next_offset as is_batched
    from receipts
    asof join spans
        on receipts.log_topic = spans.log_topic
        and receipts.log_partition = spans.log_partition
        and receipts.log_offset >= spans.first_offset
),
ends as (
    select
        log_topic,
        log_partition,
        max(next_offset) as next_offset
    from positions
    group by log_topic, log_partition
)
select
    receipts.number,
    case
        when found.fate is not null then found.fate
        when batched.is_batched then 'settled'
        when receipts.log_offset >= ends.next_offset then 'waiting'
        else 'lost'
    end as fate
from receipts
left join found using (number)
left join batched using (number)
left join ends
    on ends.log_topic = receipts.log_topic
    and ends.log_partition = receipts.log_partition
order by receipts.number
