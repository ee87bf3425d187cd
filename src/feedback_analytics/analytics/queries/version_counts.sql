-- version_counts: how many votes stand for each version of an article, and of its sections?
--
-- One row per target and version that was answered for in the period, also where no vote stands any more.
--   section_id       varchar   publisher's id of the section; null for the article as a whole
--   article_version  integer   version that the readers saw; null when not told
--   votes            bigint    standing votes given on that version; may be 0
--   useful           bigint    of those, "useful"; 0 <= useful <= votes
-- Reads: article_answers
select
    section_id,
    article_version,
    sum(votes_delta)::bigint   as votes,
    sum(useful_delta)::bigint  as useful
from article_answers
group by section_id, article_version
order by section_id nulls first, article_version nulls first
