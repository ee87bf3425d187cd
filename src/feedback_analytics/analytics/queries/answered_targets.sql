-- answered_targets: for which articles, and which sections, were answers given in a period?
--
-- One row per target, also where all was taken back; with the columns of target_counts_of_segments.
--   article_id  varchar   publisher's id of the article
--   section_id  varchar   publisher's id of the section; null for the article as a whole
--   votes       bigint    answers given, retractions included
--   useful      bigint    of those, "useful"
-- Parameters: $since, $until  timestamp with time zone, half-open
-- Reads: raw.votes
select
    article_id,
    section_id,
    count(*)                           as votes,
    count(*) filter (where answer = 1)  as useful
from raw.votes
where not is_reversal
  and occurred_at >= $since
  and occurred_at <  $until
group by article_id, section_id
order by article_id, section_id nulls first
