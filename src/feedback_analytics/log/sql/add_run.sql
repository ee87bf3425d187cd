-- add_run: append one run of records to a partition.
-- Writes: runs
insert into runs (topic_id, partition, first, records, appended_at_us, checksum, headers, entries, keys)
values (:topic_id, :partition, :first, :records, :appended_at_us, :checksum, :headers, :entries, :keys)
