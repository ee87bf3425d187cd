-- 0005_deliveries: reports and alerts that the service sends by itself, so that each is told once and none is lost.
--
-- Rows are only added; the newest about a delivery stands. Written by jobs, never by a commit of votes.
create table raw.deliveries (
    entry_number bigint,
    entry_id varchar,
    written_at timestamptz,
    delivery_id varchar,
    follows bigint,
    kind varchar,
    name varchar,
    since timestamptz,
    until timestamptz,
    way varchar,
    state varchar,
    told varchar,
    positions varchar
);
comment on table raw.deliveries is 'One row per step of a delivery: a report or an alert that the service sends by itself, by one way.';
comment on column raw.deliveries.entry_number is 'Number of the row, from 0 without a gap.';
comment on column raw.deliveries.entry_id is 'Id of the row, made by the one who asked for it: asked for twice, it is written once.';
comment on column raw.deliveries.written_at is 'When the row was written (UTC).';
comment on column raw.deliveries.delivery_id is 'What is sent, and by which way; its newest row stands.';
comment on column raw.deliveries.follows is 'entry_number of the row before about the same delivery; null for the first. Of two senders that follow the same row one writes.';
comment on column raw.deliveries.kind is 'report or alert.';
comment on column raw.deliveries.name is 'Of a report day, week or month; of an alert the id of its telling.';
comment on column raw.deliveries.since is 'First moment of what it tells of (UTC).';
comment on column raw.deliveries.until is 'First moment after that (UTC).';
comment on column raw.deliveries.way is 'mail or webhook.';
comment on column raw.deliveries.state is 'begun, sent or failed.';
comment on column raw.deliveries.told is 'Of what was sent to whom, with a mail''s Message-ID; of a failure the reason; else null.';
comment on column raw.deliveries.positions is 'The positions it is made from: sent again it says the same, whatever votes came since. Null when it could not be made.';
