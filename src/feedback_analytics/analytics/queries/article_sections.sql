-- article_sections: which sections has an article, in the order in which they are read?
--
-- One row per section of any announced version; what is said of it comes from the latest version that has it.
--   section_id  varchar   publisher's id of the section
--   heading     varchar   heading
--   kind        varchar   whats_happening, why_its_important, whats_next, beyond_the_headlines or other
--   position    integer   place in the article, from 1
--   is_current  boolean   the latest announced version has it
-- Parameters: $article_id  varchar
-- Reads: mart.articles, mart.sections
select
    sections.section_id,
    sections.heading,
    sections.kind,
    sections.position,
    sections.article_version = articles.article_version  as is_current
from mart.sections as sections
join mart.articles as articles using (article_id)
where concat(sections.article_id, '') = $article_id
order by sections.position, sections.section_id
