-- target_counts_as_known: how many votes stood for each article, and each section, as known at these positions?
--
-- As target_counts_of_segments, from the entries that lie before the positions, and from the chosen segments only.
--   article_id  varchar   publisher's id of the article
--   section_id  varchar   publisher's id of the section; null for the article as a whole
--   votes       bigint    standing votes, one per reader
--   useful      bigint    of those, "useful"; 0 <= useful <= votes
-- Parameters: $since, $until  timestamp with time zone, half-open
-- Reads: raw.votes, known (columns of known_positions_then), some_segments
select
    votes.article_id,
    votes.section_id,
    sum(votes.votes_delta)::bigint   as votes,
    sum(votes.useful_delta)::bigint  as useful
from raw.votes as votes
join known using (log_id, log_topic, log_partition)
semi join some_segments using (segment_id)
where votes.log_offset < known.next_offset
  and votes.occurred_at >= $since
  and votes.occurred_at <  $until
group by votes.article_id, votes.section_id
having sum(votes.votes_delta) > 0
order by votes.article_id, votes.section_id nulls first
