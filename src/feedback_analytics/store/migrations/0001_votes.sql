-- 0001_votes: the base tables of the store.
--
-- Every row that came through the log carries its place there: log_id, log_topic, log_partition, log_offset.
-- Base tables live in schema raw; the public face is the views of schema mart.
create schema if not exists raw;
create schema if not exists mart;

create table raw.store_facts (name varchar, value varchar);
comment on table raw.store_facts is 'One row per fact about this store: its id, its restore epoch, its schema version, the fingerprint of the reader secret.';
comment on column raw.store_facts.name is 'Name of the fact.';
comment on column raw.store_facts.value is 'Its value, as text.';

create table raw.topics (log_id varchar, log_topic varchar, partitions integer, registered_at timestamptz);
comment on table raw.topics is 'One row per topic of a log that this store takes events from.';
comment on column raw.topics.log_id is 'Identity of the log: the Kafka topic id, or the id of the embedded log.';
comment on column raw.topics.log_topic is 'Name of the topic.';
comment on column raw.topics.partitions is 'Number of partitions, fixed for the life of the topic: a reader''s home depends on it.';
comment on column raw.topics.registered_at is 'When the store first saw the topic (UTC).';

create table raw.votes (
    event_id varchar,
    occurred_at timestamptz,
    received_at timestamptz,
    article_id varchar,
    section_id varchar,
    article_version integer,
    reader_key uuid,
    answer tinyint,
    is_reversal boolean,
    is_winner boolean,
    votes_delta tinyint,
    useful_delta tinyint,
    segment_id ubigint,
    log_id varchar,
    log_topic varchar,
    log_partition smallint,
    log_offset bigint,
    batch_id varchar
);
comment on table raw.votes is 'One row per entry: the cast of an event, or the reversal of the answer it superseded. Every count is a sum of deltas.';
comment on column raw.votes.event_id is 'Id of the event that posted this entry, unique within its source.';
comment on column raw.votes.occurred_at is 'When the reader gave the answer that this entry counts or takes back (UTC).';
comment on column raw.votes.received_at is 'When the log took the event that posted this entry (UTC).';
comment on column raw.votes.article_id is 'Publisher''s id of the article.';
comment on column raw.votes.section_id is 'Publisher''s id of the section; null for the article as a whole.';
comment on column raw.votes.article_version is 'Version of the article that the answer was given on; null when not told.';
comment on column raw.votes.reader_key is 'Pseudonym of the reader: keyed 128-bit hash of the reader''s id.';
comment on column raw.votes.answer is '1 useful, 0 not useful, -1 retracted; of a reversal, the answer taken back.';
comment on column raw.votes.is_reversal is 'False for the cast of an event, true for the reversal of the answer it superseded.';
comment on column raw.votes.is_winner is 'True for a cast that became the reader''s standing answer when it was stored; the last such cast of a reader and target stands.';
comment on column raw.votes.votes_delta is 'What the entry adds to the number of standing votes: 1, 0 or -1.';
comment on column raw.votes.useful_delta is 'What the entry adds to the number of standing votes that say useful: 1, 0 or -1.';
comment on column raw.votes.segment_id is 'The segment of the answer: source, locale, device and referrer host; see raw.segments.';
comment on column raw.votes.log_id is 'Identity of the log that carried the event.';
comment on column raw.votes.log_topic is 'Topic that carried the event.';
comment on column raw.votes.log_partition is 'Partition that carried the event.';
comment on column raw.votes.log_offset is 'Offset of the event in its partition.';
comment on column raw.votes.batch_id is 'The transaction that stored the entry; see raw.batches.';

create table raw.partitions (log_id varchar, log_topic varchar, log_partition smallint, earliest_offset bigint);
comment on table raw.partitions is 'One row per partition of a registered topic: where the store began.';
comment on column raw.partitions.log_id is 'Identity of the log.';
comment on column raw.partitions.log_topic is 'Topic.';
comment on column raw.partitions.log_partition is 'Partition.';
comment on column raw.partitions.earliest_offset is 'Offset of the first record that the store was to get; its batches join from here without a gap.';

create table raw.column_descriptions (
    schema_name varchar,
    relation varchar,
    column_name varchar,
    position integer,
    data_type varchar,
    description varchar
);
comment on table raw.column_descriptions is 'One row per column, and one per table or view: the data dictionary, written when the store is opened.';
comment on column raw.column_descriptions.schema_name is 'raw for tables, mart for views.';
comment on column raw.column_descriptions.relation is 'Table or view.';
comment on column raw.column_descriptions.column_name is 'Column; null for the description of the relation itself.';
comment on column raw.column_descriptions.position is 'Place of the column, from 1; 0 for the relation itself.';
comment on column raw.column_descriptions.data_type is 'DuckDB type; null for the relation itself.';
comment on column raw.column_descriptions.description is 'What it holds.';

create table raw.segments (segment_id ubigint, source varchar, locale varchar, device varchar, referrer_host varchar);
comment on table raw.segments is 'One row or more per combination of source, locale, device and referrer host; group by segment_id.';
comment on column raw.segments.segment_id is '64-bit hash of the combination.';
comment on column raw.segments.source is 'CloudEvents source: the emitter.';
comment on column raw.segments.locale is 'Locale of the reader''s page, such as en-GB; null when not told.';
comment on column raw.segments.device is 'Kind of device, such as mobile; null when not told.';
comment on column raw.segments.referrer_host is 'Host of the page the reader came from; null when not told.';

create table raw.usefulness_hourly (
    article_id varchar,
    article_version integer,
    section_id varchar,
    hour timestamptz,
    votes_delta bigint,
    useful_delta bigint
);
comment on table raw.usefulness_hourly is 'Sums of deltas per article, version, section and hour of the answer. Several rows may share a key: sum them.';
comment on column raw.usefulness_hourly.article_id is 'Publisher''s id of the article.';
comment on column raw.usefulness_hourly.article_version is 'Version of the article; null when not told.';
comment on column raw.usefulness_hourly.section_id is 'Publisher''s id of the section; null for the article as a whole.';
comment on column raw.usefulness_hourly.hour is 'Hour in which the answers were given (UTC, its beginning).';
comment on column raw.usefulness_hourly.votes_delta is 'Change of the number of standing votes.';
comment on column raw.usefulness_hourly.useful_delta is 'Change of the number of standing votes that say useful.';

create table raw.positions_unowned (log_id varchar, log_topic varchar, log_partition smallint, next_offset bigint);
comment on table raw.positions_unowned is 'One row per partition that no worker has claimed yet. Each worker has a table of its own, positions_NAME, of the same shape.';
comment on column raw.positions_unowned.log_id is 'Identity of the log.';
comment on column raw.positions_unowned.log_topic is 'Topic.';
comment on column raw.positions_unowned.log_partition is 'Partition.';
comment on column raw.positions_unowned.next_offset is 'Offset of the next record to store.';

create table raw.accepted_losses (
    log_id varchar,
    log_topic varchar,
    log_partition smallint,
    first_offset bigint,
    next_log_id varchar,
    next_offset bigint,
    accepted_at timestamptz
);
comment on table raw.accepted_losses is 'One row per range of a log that the store never got and that an operator has accepted as lost.';
comment on column raw.accepted_losses.log_id is 'Identity of the log that held the range.';
comment on column raw.accepted_losses.log_topic is 'Topic.';
comment on column raw.accepted_losses.log_partition is 'Partition.';
comment on column raw.accepted_losses.first_offset is 'Position of the store when the loss was accepted: first offset lost.';
comment on column raw.accepted_losses.next_log_id is 'Identity of the log from which the store goes on; another one when the whole log was lost.';
comment on column raw.accepted_losses.next_offset is 'Offset from which the store goes on there.';
comment on column raw.accepted_losses.accepted_at is 'When the loss was accepted (UTC).';

create table raw.batches (
    batch_id varchar,
    log_id varchar,
    log_topic varchar,
    log_partition smallint,
    first_offset bigint,
    next_offset bigint,
    received bigint,
    stored bigint,
    duplicate bigint,
    dead bigint,
    moved bigint,
    records_xor ubigint,
    first_received_at timestamptz,
    last_received_at timestamptz,
    committed_at timestamptz,
    worker varchar,
    lag_records bigint
);
comment on table raw.batches is 'One row per partition of a committed transaction: which records it took and what became of them.';
comment on column raw.batches.batch_id is 'The transaction.';
comment on column raw.batches.log_id is 'Identity of the log.';
comment on column raw.batches.log_topic is 'Topic.';
comment on column raw.batches.log_partition is 'Partition.';
comment on column raw.batches.first_offset is 'First offset of the batch.';
comment on column raw.batches.next_offset is 'Offset after its last record; the first offset of the partition''s next batch.';
comment on column raw.batches.received is 'Records in the batch; received = stored + duplicate + dead + moved.';
comment on column raw.batches.stored is 'Events stored: casts in raw.votes, or announcements in raw.articles.';
comment on column raw.batches.duplicate is 'Events seen before, kept once.';
comment on column raw.batches.dead is 'Records that cannot become a vote or an article; see raw.dead_letters.';
comment on column raw.batches.moved is 'Records sent on to their home partition.';
comment on column raw.batches.records_xor is 'Exclusive or over the records of xxh3-64(value, seed = offset): the seal of the range.';
comment on column raw.batches.first_received_at is 'When the log took the first record (UTC).';
comment on column raw.batches.last_received_at is 'When the log took the last record (UTC).';
comment on column raw.batches.committed_at is 'When the worker committed the batch (UTC).';
comment on column raw.batches.worker is 'Name of the worker.';
comment on column raw.batches.lag_records is 'Records of the partition that still waited in the log when the batch was committed; null when not known.';

create table raw.ledger (
    batch_id varchar,
    source varchar,
    event_type varchar,
    hour timestamptz,
    received bigint,
    stored bigint,
    duplicate bigint,
    dead bigint,
    moved bigint,
    id_reused bigint
);
comment on table raw.ledger is 'One row per batch, source, event type and hour of receipt: what came in and what became of it.';
comment on column raw.ledger.batch_id is 'The transaction; see raw.batches.';
comment on column raw.ledger.source is 'CloudEvents source; (unreadable) when the record does not tell.';
comment on column raw.ledger.event_type is 'CloudEvents type; (unreadable) when the record does not tell.';
comment on column raw.ledger.hour is 'Hour in which the log took the records (UTC, its beginning).';
comment on column raw.ledger.received is 'Records; received = stored + duplicate + dead + moved.';
comment on column raw.ledger.stored is 'Events stored.';
comment on column raw.ledger.duplicate is 'Events seen before, kept once.';
comment on column raw.ledger.dead is 'Dead letters.';
comment on column raw.ledger.moved is 'Records sent on to their home partition.';
comment on column raw.ledger.id_reused is 'Stored events whose source and id were already used in the same batch for another reader or target; part of stored.';

create table raw.dead_letters (
    dead_letter_id varchar,
    batch_id varchar,
    log_id varchar,
    log_topic varchar,
    log_partition smallint,
    log_offset bigint,
    received_at timestamptz,
    reason varchar,
    field varchar,
    expected varchar,
    found varchar,
    source varchar,
    event_id varchar,
    event_type varchar,
    payload blob,
    is_sealed boolean
);
comment on table raw.dead_letters is 'One row per record that cannot become a vote or an article, with its bytes and the reason.';
comment on column raw.dead_letters.dead_letter_id is 'Its id: batch and place.';
comment on column raw.dead_letters.batch_id is 'The transaction that kept it.';
comment on column raw.dead_letters.log_id is 'Identity of the log.';
comment on column raw.dead_letters.log_topic is 'Topic.';
comment on column raw.dead_letters.log_partition is 'Partition.';
comment on column raw.dead_letters.log_offset is 'Offset.';
comment on column raw.dead_letters.received_at is 'When the log took the record (UTC).';
comment on column raw.dead_letters.reason is 'Why, as a word of a closed set.';
comment on column raw.dead_letters.field is 'Path of the field at fault; empty for the whole event.';
comment on column raw.dead_letters.expected is 'What the contract wants there.';
comment on column raw.dead_letters.found is 'What stood there; never a reader''s id.';
comment on column raw.dead_letters.source is 'CloudEvents source; null when it cannot be read.';
comment on column raw.dead_letters.event_id is 'CloudEvents id; null when it cannot be read.';
comment on column raw.dead_letters.event_type is 'CloudEvents type; null when it cannot be read.';
comment on column raw.dead_letters.payload is 'The record''s bytes; a readable reader id is replaced by its key.';
comment on column raw.dead_letters.is_sealed is 'True when the bytes may hold a reader''s id and are encrypted with the reader secret.';

create table raw.dead_letter_replays (dead_letter_id varchar, replayed_at timestamptz, outcome varchar, batch_id varchar);
comment on table raw.dead_letter_replays is 'One row per replay of a dead letter whose record came back through the log.';
comment on column raw.dead_letter_replays.dead_letter_id is 'The dead letter; see raw.dead_letters.';
comment on column raw.dead_letter_replays.replayed_at is 'When the replayed record was processed (UTC).';
comment on column raw.dead_letter_replays.outcome is 'stored, duplicate, dead or moved.';
comment on column raw.dead_letter_replays.batch_id is 'The transaction that processed it.';

create table raw.articles (
    article_id varchar,
    article_version integer,
    title varchar,
    url varchar,
    topic varchar,
    author varchar,
    language varchar,
    ai_generated boolean,
    published_at timestamptz,
    source varchar,
    event_id varchar,
    event_hash ubigint,
    occurred_at timestamptz,
    received_at timestamptz,
    log_id varchar,
    log_topic varchar,
    log_partition smallint,
    log_offset bigint,
    batch_id varchar
);
comment on table raw.articles is 'One row per announcement of an article version; of a version the greatest (occurred_at, event_hash) stands.';
comment on column raw.articles.article_id is 'Publisher''s id of the article.';
comment on column raw.articles.article_version is 'Version, counted by the publisher.';
comment on column raw.articles.title is 'Title.';
comment on column raw.articles.url is 'Address of the article; null when not told.';
comment on column raw.articles.topic is 'Topic, such as Economy; null when not told.';
comment on column raw.articles.author is 'Author or desk; null when not told.';
comment on column raw.articles.language is 'Language tag, such as en; null when not told.';
comment on column raw.articles.ai_generated is 'True when the article carries the label AI Generated Content.';
comment on column raw.articles.published_at is 'When the version was published (UTC).';
comment on column raw.articles.source is 'CloudEvents source.';
comment on column raw.articles.event_id is 'CloudEvents id.';
comment on column raw.articles.event_hash is '64-bit hash of source and id; settles announcements of the same time.';
comment on column raw.articles.occurred_at is 'Time of the announcement (UTC).';
comment on column raw.articles.received_at is 'When the log took it (UTC).';
comment on column raw.articles.log_id is 'Identity of the log.';
comment on column raw.articles.log_topic is 'Topic of the log.';
comment on column raw.articles.log_partition is 'Partition.';
comment on column raw.articles.log_offset is 'Offset.';
comment on column raw.articles.batch_id is 'The transaction that stored it.';

create table raw.article_sections (
    article_id varchar,
    article_version integer,
    section_id varchar,
    heading varchar,
    kind varchar,
    position integer,
    words integer,
    event_hash ubigint,
    batch_id varchar
);
comment on table raw.article_sections is 'One row per section of an announced article version.';
comment on column raw.article_sections.article_id is 'Publisher''s id of the article.';
comment on column raw.article_sections.article_version is 'Version of the article.';
comment on column raw.article_sections.section_id is 'Publisher''s id of the section.';
comment on column raw.article_sections.heading is 'Heading.';
comment on column raw.article_sections.kind is 'whats_happening, why_its_important, whats_next, beyond_the_headlines or other.';
comment on column raw.article_sections.position is 'Place in the article, from 1.';
comment on column raw.article_sections.words is 'Length in words; null when not told.';
comment on column raw.article_sections.event_hash is 'The announcement; see raw.articles.';
comment on column raw.article_sections.batch_id is 'The transaction that stored it.';
