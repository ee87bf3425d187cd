-- head: where does the next record of a partition go, and when did the last one come?
--
-- One row.
--   next, appended_at_us  integer  offset; µs UTC
-- Parameters: ?1 topic_id, ?2 partition
-- Reads: partitions
select
    next,
    appended_at_us
from partitions
where topic_id = ?1
  and partition = ?2
