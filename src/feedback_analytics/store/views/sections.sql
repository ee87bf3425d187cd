-- sections: what is known of each announced section?
--
-- One row per section of an announced article, as the newest version that has the section says.
--   article_id       varchar  publisher's id of the article
--   section_id       varchar  publisher's id of the section
--   article_version  integer  newest announced version that has the section
--   heading          varchar  heading
--   kind             varchar  whats_happening, why_its_important, whats_next, beyond_the_headlines or other
--   position         integer  place in the article, from 1
--   words            integer  length in words; null when not told
-- Reads: raw.articles, raw.article_sections
with versions as (
    select
        article_id,
        article_version,
        event_hash
    from raw.articles
    qualify row_number() over (
        partition by article_id, article_version
        order by occurred_at desc, event_hash desc
    ) = 1
)
select
    article_sections.article_id,
    article_sections.section_id,
    article_sections.article_version,
    article_sections.heading,
    article_sections.kind,
    article_sections."position",
    article_sections.words
from raw.article_sections
join versions using (article_id, article_version, event_hash)
qualify row_number() over (
    partition by article_sections.article_id, article_sections.section_id
    order by article_sections.article_version desc, article_sections."position"
) = 1
