-- announced_sections: which sections do articles have, voted on or not?
--
-- One row per section of any announced version; what is said of it comes from the newest version that has it.
--   article_id  varchar  publisher's id of the article
--   section_id  varchar  publisher's id of the section
--   heading     varchar  heading
--   kind        varchar  whats_happening, why_its_important, whats_next, beyond_the_headlines or other
--   position    integer  place in the article, from 1
--   words       integer  length in words; null when not told
--   is_current  boolean  the newest announced version has it
-- Parameters: $article_id  varchar; null: all articles
-- concat: a bare comparison is handed to the catalog as text, where a quote in an id would end it.
-- Reads: raw.articles, raw.article_sections, known (columns of known_positions)
with announcements as (
    select
        articles.article_id,
        articles.article_version,
        articles.event_hash
    from raw.articles as articles
    join known using (log_id, log_topic, log_partition)
    where ($article_id::varchar is null or concat(articles.article_id, '') = $article_id::varchar)
      and articles.log_offset < known.next_offset
    qualify row_number() over (
        partition by articles.article_id, articles.article_version
        order by articles.occurred_at desc, articles.event_hash desc
    ) = 1
),
newest as (
    select
        article_id,
        max(article_version)  as newest_version
    from announcements
    group by article_id
)
select
    sections.article_id,
    sections.section_id,
    sections.heading,
    sections.kind,
    sections."position",
    sections.words,
    sections.article_version = newest.newest_version  as is_current
from raw.article_sections as sections
join announcements using (article_id, article_version, event_hash)
join newest using (article_id)
qualify row_number() over (
    partition by sections.article_id, sections.section_id
    order by sections.article_version desc, sections."position"
) = 1
order by sections.article_id, sections."position", sections.section_id
