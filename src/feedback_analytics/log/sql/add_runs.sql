-- add_runs: append one run of records to a partition; more rows of nine marks behind it, more runs.
--
-- Parameters, nine a run: topic_id, partition, first integer offset, appended_at_us integer µs UTC, records, checksum,
--   headers, entries, keys (see schema.sql)
-- Writes: runs
-- "or rollback": a row that cannot be written gives up the whole transaction anyway; else SQLite would keep a journal
-- of the statement.
insert or rollback into runs (topic_id, partition, first, appended_at_us, records, checksum, headers, entries, keys)
values (?, ?, ?, ?, ?, ?, ?, ?, ?)
