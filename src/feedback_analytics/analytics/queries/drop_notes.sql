-- drop_notes: what is the last note about each target of a watch?
--
-- One row per target that was noted.
--   family              varchar   article, section or topic
--   article_id          varchar   publisher's id of the article; null for a topic
--   section_id          varchar   publisher's id of the section; null for an article as a whole and for a topic
--   group               varchar   the topic, where a topic fell
--   last_note           bigint    number of the last note
--   is_open             boolean   it was told and has not been noted as recovered since
--   told_at             timestamp with time zone   when it was told last (UTC)
--   recovered_at        timestamp with time zone   when its recovery from that was noted (UTC); null while it is open
--   told_until          timestamp with time zone   first moment after the window of that last note (UTC)
--   told_base_since     timestamp with time zone   first moment of the time before that drop (UTC)
--   told_votes          bigint    votes in the window of that last note
--   told_useful         bigint    of those, useful
--   told_votes_before   bigint    votes in the time before that drop
--   told_useful_before  bigint    of those, useful
-- Parameters: $watch  varchar; $notes  bigint, only the first so many
-- Reads: raw.drops_told
with known as (
    from raw.drops_told
    where watch = $watch
      and note_number < $notes
),
last as (
    from known
    qualify row_number() over (partition by family, article_id, section_id, topic order by note_number desc) = 1
)
select
    last.family,
    last.article_id,
    last.section_id,
    last.topic                                              as "group",
    last.note_number                                        as last_note,
    last.note = 'told'                                      as is_open,
    if(last.note = 'told', last.noted_at, before.noted_at)  as told_at,
    if(last.note = 'told', null, last.noted_at)             as recovered_at,
    last.window_until                                       as told_until,
    last.base_since                                         as told_base_since,
    last.votes                                              as told_votes,
    last.useful                                             as told_useful,
    last.votes_before                                       as told_votes_before,
    last.useful_before                                      as told_useful_before
from last
left join known as before on before.note_number = last.follows
order by last.note_number
