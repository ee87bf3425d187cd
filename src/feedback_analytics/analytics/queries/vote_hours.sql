-- vote_hours: in which hours were the earliest and the latest answers given that the sums do not hold yet?
--
-- One row.
--   first_vote_hour   timestamp with time zone   hour of the earliest answer (UTC); null without votes
--   newest_vote_hour  timestamp with time zone   hour of the latest answer (UTC); null without votes
-- Parameters: $least_offset, $most_offset  bigint, of all spans
-- Reads: raw.votes, spans (log_id, log_topic, log_partition, first_offset, next_offset)
select
    make_timestamptz(epoch_us(min(votes.occurred_at)) // 3600000000 * 3600000000)  as first_vote_hour,
    make_timestamptz(epoch_us(max(votes.occurred_at)) // 3600000000 * 3600000000)  as newest_vote_hour
from raw.votes as votes
join spans using (log_id, log_topic, log_partition)
where votes.log_offset >= $least_offset
  and votes.log_offset <  $most_offset
  and votes.log_offset >= spans.first_offset
  and votes.log_offset <  spans.next_offset
  and votes.votes_delta <> 0
