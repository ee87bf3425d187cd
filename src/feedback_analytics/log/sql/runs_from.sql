-- runs_from: which runs hold the records of a partition at and after an offset?
--
-- One row per run, in the order of offsets; the first one may begin before the offset.
--   first, appended_at_us  integer  its first offset; µs UTC
--   records                integer  how many follow on each other from first
--   checksum, headers, entries, keys  blob  see schema.sql
-- Parameters: :topic_id, :partition, :offset
-- Reads: runs. By topic_id and not by name, so that the index gives the order: a sort would copy every run.
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
  and first >= (
      select coalesce(max(first), 0)
      from runs
      where topic_id = :topic_id
        and partition = :partition
        and first <= :offset
  )
order by first
