-- target_counts_of_segments: how many votes of some readers stand for each article, and each section, in a period?
--
-- One row per target with at least one such vote: an article as a whole, or a section of it.
--   article_id  varchar   publisher's id of the article
--   section_id  varchar   publisher's id of the section; null for the article as a whole
--   votes       bigint    standing votes, one per reader
--   useful      bigint    of those, "useful"; 0 <= useful <= votes
-- Parameters: $since, $until  timestamp with time zone, half-open
-- Reads: raw.votes, some_segments
select
    votes.article_id,
    votes.section_id,
    sum(votes.votes_delta)::bigint   as votes,
    sum(votes.useful_delta)::bigint  as useful
from raw.votes as votes
semi join some_segments using (segment_id)
where votes.occurred_at >= $since
  and votes.occurred_at <  $until
group by votes.article_id, votes.section_id
having sum(votes.votes_delta) > 0
order by votes.article_id, votes.section_id nulls first
