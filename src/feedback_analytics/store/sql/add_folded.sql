-- add_folded: note up to where each partition is folded now, and what is known of the entries so far.
--
-- Parameters: $time_zone  varchar
-- Reads: folding (columns of to_fold), quarters (columns of fold_hours), former (rows of raw.folded_positions before)
with counted as (
    select
        log_id,
        log_topic,
        log_partition,
        min(epoch_us(quarter_at)) as first_us,
        max(epoch_us(quarter_at)) as newest_us
    from quarters
    where counted
    group by log_id, log_topic, log_partition
)
insert into raw.folded_positions
select
    folding.log_id,
    folding.log_topic,
    folding.log_partition,
    folding.next_offset,
    $time_zone as time_zone,
    least(former.first_vote_hour, make_timestamptz(counted.first_us // 3600000000 * 3600000000)) as first_vote_hour,
    greatest(former.newest_vote_hour, make_timestamptz(counted.newest_us // 3600000000 * 3600000000)) as newest_vote_hour,
    least(former.first_received_at, folding.first_received_at) as first_received_at,
    greatest(former.newest_received_at, folding.newest_received_at) as newest_received_at,
    greatest(former.committed_at, folding.committed_at) as committed_at
from folding
left join counted using (log_id, log_topic, log_partition)
left join former using (log_id, log_topic, log_partition)
