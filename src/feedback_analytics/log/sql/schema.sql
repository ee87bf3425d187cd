-- schema: the tables of the embedded log. Run once, when the file is made.
begin immediate;

-- "fb01" marks the file as ours; user_version is the format of these tables.
pragma application_id = 1717710897;
pragma user_version = 1;

create table identity (log_id text not null, made_at_us integer not null);

create table topics (topic_id integer primary key, name text not null unique, partitions integer not null);

-- The offsets a partition holds: [earliest, next). The append time never goes back.
create table partitions (
    topic_id         integer not null,
    partition        integer not null,
    earliest         integer not null,
    next             integer not null,
    appended_at_us   integer not null,
    primary key (topic_id, partition)
) without rowid;

-- One row per run of records that were appended together. keys, entries and headers are MessagePack arrays with one
-- item per record; keys come last because the worker does not read them. checksum is xxh3-64 of entries.
create table runs (
    topic_id         integer not null,
    partition        integer not null,
    first            integer not null,
    records          integer not null,
    appended_at_us   integer not null,
    checksum         blob not null,
    headers          blob,
    entries          blob not null,
    keys             blob not null,
    primary key (topic_id, partition, first)
);

-- What retention has cut, one row per cut: it stands for the records in the ledger's proof.
create table seals (
    topic_id         integer not null,
    partition        integer not null,
    first            integer not null,
    next             integer not null,
    records          integer not null,
    hash_xor         blob not null,
    primary key (topic_id, partition, first)
) without rowid;

commit;
