-- annotations: which moments did people mark, and with which note?
--
-- One row per annotation that stands after so many entries, oldest moment first.
--   annotation_id  varchar                   id of the annotation
--   marked_at      timestamp with time zone  the moment that is marked (UTC)
--   note           varchar                   what happened then; text, never markup
--   article_id     varchar                   publisher's id of the article that it is about; null for all
--   written_at     timestamp with time zone  when this was written (UTC)
-- Parameters: $entries     bigint, entries that count
--             $article_id  varchar, only those about this article or about all; null: all
-- concat: a bare comparison is handed to the catalog as text, where a quote in an id would end it.
-- Reads: raw.annotations
with newest as (
    select
        annotation_id,
        marked_at,
        note,
        article_id,
        written_at,
        is_removed
    from raw.annotations
    where entry_number < $entries
    qualify row_number() over (partition by annotation_id order by entry_number desc) = 1
)
select
    annotation_id,
    marked_at,
    note,
    article_id,
    written_at
from newest
where not is_removed
  and ($article_id::varchar is null or article_id is null or concat(article_id, '') = $article_id::varchar)
order by marked_at, annotation_id
