-- targets: which of the counted targets fit the filters, and what is known of them?
--
-- One row per counted target: an article as a whole, or a section of it.
--   article_id    varchar   publisher's id of the article
--   section_id    varchar   publisher's id of the section; null for the article as a whole
--   title         varchar   title of the article's newest version; its id until it is announced
--   topic         varchar   topic of the article; null when not told
--   author        varchar   author or desk; null when not told
--   language      varchar   language tag; null when not told
--   ai_generated  boolean   the article carries the label AI Generated Content; null until it is announced
--   first_published_at  timestamp with time zone   when the first version was published (UTC); null when not told
--   words         bigint    length of the article in words; null when not told
--   heading       varchar   heading of the section; its id until it is announced
--   kind          varchar   kind of the section; null for the article as a whole
--   position      integer   place of the section in the article, from 1; null until it is announced
--   votes         bigint    standing votes
--   useful        bigint    of those, "useful"; 0 <= useful <= votes
-- Parameters: $topic, $author, $language, $kind, $article_id, $section_id  varchar; null: any
--             $ai  boolean; null: any
-- Reads: counts (columns of target_counts_of_segments), article_facts, section_facts
select
    counts.article_id,
    counts.section_id,
    coalesce(article_facts.title, counts.article_id)    as title,
    article_facts.topic,
    article_facts.author,
    article_facts.language,
    article_facts.ai_generated,
    article_facts.first_published_at,
    article_facts.words,
    coalesce(section_facts.heading, counts.section_id)  as heading,
    if(counts.section_id is null, null, coalesce(section_facts.kind, 'other'))  as kind,
    section_facts."position",
    counts.votes,
    counts.useful
from counts
left join article_facts using (article_id)
left join section_facts using (article_id, section_id)
where ($topic::varchar is null or article_facts.topic = $topic::varchar)
  and ($author::varchar is null or article_facts.author = $author::varchar)
  and ($language::varchar is null or article_facts.language = $language::varchar)
  and ($ai::boolean is null or article_facts.ai_generated = $ai::boolean)
  and ($article_id::varchar is null or counts.article_id = $article_id::varchar)
  and ($section_id::varchar is null or counts.section_id = $section_id::varchar)
  and ($kind::varchar is null
       or counts.section_id is not null and coalesce(section_facts.kind, 'other') = $kind::varchar)
order by counts.article_id, section_facts."position" nulls first, counts.section_id nulls first
