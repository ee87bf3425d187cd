-- add_run: append one run of records to a partition.
--
-- Parameters: ?1 topic_id, ?2 partition, ?3 first integer offset, ?4 appended_at_us integer µs UTC, ?5 records,
--   ?6 checksum, ?7 headers, ?8 entries, ?9 keys (see schema.sql)
-- Writes: runs
insert into runs (topic_id, partition, first, appended_at_us, records, checksum, headers, entries, keys)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
