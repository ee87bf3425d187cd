-- 0002_drops_told: what was told about drops, so that each is told once.
--
-- Rows are only added: a drop that was told, and later that it has recovered. Written by jobs, never by a commit of votes.
create table raw.drops_told (
    note_number bigint,
    note varchar,
    follows bigint,
    telling_id varchar,
    noted_at timestamptz,
    watch varchar,
    family varchar,
    article_id varchar,
    section_id varchar,
    topic varchar,
    window_since timestamptz,
    window_until timestamptz,
    base_since timestamptz,
    votes bigint,
    useful bigint,
    votes_before bigint,
    useful_before bigint,
    false_share double,
    positions varchar
);
comment on table raw.drops_told is 'One row per note about a drop: that it was told, or that the share has clearly recovered since.';
comment on column raw.drops_told.note_number is 'Number of the note, from 0 without a gap; an answer says with how many notes it was made.';
comment on column raw.drops_told.note is 'told, or recovered.';
comment on column raw.drops_told.follows is 'Number of the note before about the same target in the same watch; null for the first.';
comment on column raw.drops_told.telling_id is 'Id of the telling that wrote the note: one run of `feedback drops tell`.';
comment on column raw.drops_told.noted_at is 'When the note was written (UTC).';
comment on column raw.drops_told.watch is 'The parameters of the question drops that were watched, as JSON; another watch tells for itself.';
comment on column raw.drops_told.family is 'article, section or topic.';
comment on column raw.drops_told.article_id is 'Publisher''s id of the article; null for a topic.';
comment on column raw.drops_told.section_id is 'Publisher''s id of the section; null for an article as a whole and for a topic.';
comment on column raw.drops_told.topic is 'The topic, where a topic fell; else null.';
comment on column raw.drops_told.window_since is 'First moment of the window that shows it (UTC).';
comment on column raw.drops_told.window_until is 'First moment after that window (UTC).';
comment on column raw.drops_told.base_since is 'First moment of the time that the drop is measured from (UTC); it ends where the window of the drop began.';
comment on column raw.drops_told.votes is 'Standing votes in the window.';
comment on column raw.drops_told.useful is 'Of those, useful.';
comment on column raw.drops_told.votes_before is 'Standing votes in the time before the drop.';
comment on column raw.drops_told.useful_before is 'Of those, useful.';
comment on column raw.drops_told.false_share is 'Smallest part of false discoveries at which the drop would be told (e-BH); null for a recovery.';
comment on column raw.drops_told.positions is 'The positions of the answer that the note was made from: with them as as_of, drops gives that answer again.';
