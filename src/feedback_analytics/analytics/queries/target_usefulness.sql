-- target_usefulness: how useful did readers find each article, and each section, in a period?
--
-- One row per target with at least one standing vote in the period: an article as a whole, or a section of it.
--   article_id    varchar   publisher's id of the article
--   section_id    varchar   publisher's id of the section; null for the article as a whole
--   title         varchar   title of the article's latest version; its id until it is announced
--   topic         varchar   topic of the article; null when not told
--   author        varchar   author or desk; null when not told
--   ai_generated  boolean   the article carries the label AI Generated Content; null until it is announced
--   heading       varchar   heading in the latest version that has the section; its id until it is announced
--   kind          varchar   whats_happening, why_its_important, whats_next, beyond_the_headlines or other; null for the
--                           article as a whole
--   position      integer   place of the section in the article, from 1; null until it is announced
--   votes         bigint    standing votes, one per reader
--   useful        bigint    of those, "useful"; 0 <= useful <= votes
-- Parameters: $since, $until  timestamp with time zone (whole hours), half-open
-- Reads: raw.usefulness_hourly, mart.articles, mart.sections
with counted as (
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
)
select
    counted.article_id,
    counted.section_id,
    coalesce(articles.title, counted.article_id)    as title,
    articles.topic,
    articles.author,
    articles.ai_generated,
    coalesce(sections.heading, counted.section_id)  as heading,
    if(counted.section_id is null, null, coalesce(sections.kind, 'other'))  as kind,
    sections.position,
    counted.votes,
    counted.useful
from counted
left join mart.sections as sections
    on  sections.article_id = counted.article_id
    and sections.section_id = counted.section_id
left join mart.articles as articles
    on articles.article_id = counted.article_id
order by counted.article_id, sections.position nulls first, counted.section_id nulls first
