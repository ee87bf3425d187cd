-- annotations: which moments did people mark, and with which note?
--
-- One row per annotation that was not removed, as its newest writing says.
--   annotation_id  varchar      id of the annotation
--   marked_at      timestamptz  the moment that is marked (UTC)
--   note           varchar      what happened then; text, never markup
--   article_id     varchar      publisher's id of the article that it is about; null for all
--   written_at     timestamptz  when this was written (UTC)
-- Reads: raw.annotations
select
    annotation_id,
    marked_at,
    note,
    article_id,
    written_at
from raw.annotations
qualify row_number() over (partition by annotation_id order by entry_number desc) = 1
    and not is_removed
