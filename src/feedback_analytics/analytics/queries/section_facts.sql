-- section_facts: what was known of each announced section at these positions?
--
-- One row per section of an announced article, as the newest version that has the section says.
--   article_id  varchar   publisher's id of the article
--   section_id  varchar   publisher's id of the section
--   heading     varchar   heading
--   kind        varchar   whats_happening, why_its_important, whats_next, beyond_the_headlines or other
--   position    integer   place in the article, from 1
--   section_words  integer  length in words; null when not told
-- Reads: raw.articles, raw.article_sections, known (columns of known_positions_then)
with announcements as (
    select
        articles.article_id,
        articles.article_version,
        articles.event_hash
    from raw.articles as articles
    join known using (log_id, log_topic, log_partition)
    where articles.log_offset < known.next_offset
    qualify row_number() over (
        partition by articles.article_id, articles.article_version
        order by articles.occurred_at desc, articles.event_hash desc
    ) = 1
)
select
    sections.article_id,
    sections.section_id,
    sections.heading,
    sections.kind,
    sections."position",
    sections.words  as section_words
from raw.article_sections as sections
join announcements using (article_id, article_version, event_hash)
qualify row_number() over (
    partition by sections.article_id, sections.section_id
    order by sections.article_version desc, sections."position"
) = 1
order by sections.article_id, sections.section_id
