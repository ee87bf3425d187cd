-- last_drop_notes: which note about each target is the last one?
--
-- One row per watch and target that was ever noted.
--   watch, family, article_id, section_id, topic  varchar  the watch and the target
--   note_number                                   bigint   the last note about it
-- Reads: raw.drops_told
select
    watch,
    family,
    article_id,
    section_id,
    topic,
    max(note_number) as note_number
from raw.drops_told
group by watch, family, article_id, section_id, topic
