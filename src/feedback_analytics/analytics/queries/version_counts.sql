-- version_counts: how many votes stand for each version of an article, and of its sections?
--
-- One row per target and version that was answered for in the period, also where no vote stands any more.
--   section_id       varchar   publisher's id of the section; null for the article as a whole
--   article_version  integer   version that the readers saw; null when not told
--   votes            bigint    standing votes given on that version; may be 0
--   useful           bigint    of those, "useful"; 0 <= useful <= votes
-- Parameters: $article_id     varchar
--             $since, $until  timestamp with time zone, half-open
-- Reads: raw.votes, known, some_segments
select
    votes.section_id,
    votes.article_version,
    sum(votes.votes_delta)::bigint   as votes,
    sum(votes.useful_delta)::bigint  as useful
from raw.votes as votes
join known using (log_id, log_topic, log_partition)
semi join some_segments using (segment_id)
where concat(votes.article_id, '') = $article_id
  and votes.log_offset < known.next_offset
  and votes.occurred_at >= $since
  and votes.occurred_at <  $until
group by votes.section_id, votes.article_version
order by votes.section_id nulls first, votes.article_version nulls first
