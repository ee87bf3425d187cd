-- oldest_runs: which runs of a partition are old, and stored whole?
--
-- At most :limit rows, one per run, in the order of offsets, from the partition's earliest on.
--   first           integer  its first offset
--   appended_at_us  integer  µs UTC
--   records         integer  how many follow on each other from first
--   checksum, headers, entries, keys  blob  see schema.sql
-- Parameters: :topic_id, :partition, :stored (next offset the store holds), :older_than_us, :limit
-- Reads: runs
select
    first,
    appended_at_us,
    records,
    checksum,
    headers,
    entries,
    keys
from runs
where topic_id = :topic_id
  and partition = :partition
  and first + records <= :stored
  and appended_at_us < :older_than_us
order by first
limit :limit
