-- targets_that_fit: which of the counted targets fit the filters?
--
-- One row per counted target, as targets, without what is known of them.
--   section_id  varchar   publisher's id of the section; null for the article as a whole
--   votes       bigint    standing votes
--   useful      bigint    of those, "useful"; 0 <= useful <= votes
-- Parameters: $topic, $author, $language, $kind, $article_id, $section_id  varchar; null: any
--             $ai  boolean; null: any
-- Reads: counts (columns of target_counts_of_segments), article_facts, section_facts
select
    counts.section_id,
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
