-- target_counts: how many votes stand for each article, and each section, in a period?
--
-- One row per target with at least one standing vote in the period: an article as a whole, or a section of it.
--   article_id  varchar   publisher's id of the article
--   section_id  varchar   publisher's id of the section; null for the article as a whole
--   votes       bigint    standing votes, one per reader
--   useful      bigint    of those, "useful"; 0 <= useful <= votes
-- Parameters: $since, $until  timestamp with time zone (whole hours), half-open
-- Reads: raw.usefulness_hourly
select
    article_id,
    section_id,
    sum(votes_delta)::bigint   as votes,
    sum(useful_delta)::bigint  as useful
from raw.usefulness_hourly
where hour >= $since
  and hour <  $until
group by article_id, section_id
having sum(votes_delta) > 0
order by article_id, section_id nulls first
