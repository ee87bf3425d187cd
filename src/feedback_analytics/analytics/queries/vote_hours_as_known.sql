-- vote_hours_as_known: in which hours were the earliest and the latest answers given, as known at these positions?
--
-- One row, of the entries that lie before the positions.
--   first_vote_hour   timestamp with time zone   hour of the earliest answer (UTC); null without votes
--   newest_vote_hour  timestamp with time zone   hour of the latest answer (UTC); null without votes
-- Parameters: $since, $until  timestamp with time zone, half-open: where they are looked for
-- Reads: raw.votes, known (columns of known_positions_then)
select
    make_timestamptz(epoch_us(min(votes.occurred_at)) // 3600000000 * 3600000000)  as first_vote_hour,
    make_timestamptz(epoch_us(max(votes.occurred_at)) // 3600000000 * 3600000000)  as newest_vote_hour
from raw.votes as votes
join known using (log_id, log_topic, log_partition)
where votes.log_offset < known.next_offset
  and votes.votes_delta <> 0
  and votes.occurred_at >= $since
  and votes.occurred_at <  $until
