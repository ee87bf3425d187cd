-- 0004_annotations_and_views: moments that people marked, and views that they saved under a name.
--
-- Rows are only added; the newest about an annotation, or a view's name, stands. Written by jobs, never by a commit of votes.
create table raw.annotations (
    entry_number bigint,
    entry_id varchar,
    written_at timestamptz,
    annotation_id varchar,
    marked_at timestamptz,
    note varchar,
    article_id varchar,
    is_removed boolean
);
comment on table raw.annotations is 'One row per writing of an annotation: a moment that a person marked with a note, a correction of it, or its removal.';
comment on column raw.annotations.entry_number is 'Number of the row, from 0 without a gap.';
comment on column raw.annotations.entry_id is 'Id of the writing, made by the one who asked for it: asked for twice, it is written once.';
comment on column raw.annotations.written_at is 'When the row was written (UTC).';
comment on column raw.annotations.annotation_id is 'Id of the annotation; its newest row stands.';
comment on column raw.annotations.marked_at is 'The moment that is marked (UTC).';
comment on column raw.annotations.note is 'What happened then, in the words of the person; text, never markup.';
comment on column raw.annotations.article_id is 'Publisher''s id of the article that it is about; null for all.';
comment on column raw.annotations.is_removed is 'The annotation was removed.';

create table raw.saved_views (
    entry_number bigint,
    entry_id varchar,
    written_at timestamptz,
    name varchar,
    address varchar,
    is_removed boolean
);
comment on table raw.saved_views is 'One row per saving of a view: the address of a page under a name, or its removal.';
comment on column raw.saved_views.entry_number is 'Number of the row, from 0 without a gap.';
comment on column raw.saved_views.entry_id is 'Id of the saving, made by the one who asked for it: asked for twice, it is written once.';
comment on column raw.saved_views.written_at is 'When the row was written (UTC).';
comment on column raw.saved_views.name is 'Name of the view; its newest row stands.';
comment on column raw.saved_views.address is 'Path and query of the page.';
comment on column raw.saved_views.is_removed is 'The view was removed.';
