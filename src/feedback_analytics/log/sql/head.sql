-- head: where does the next record of a partition go, and when did the last one come?
--
-- One row.
--   next, appended_at_us  integer  offset; µs UTC
-- Parameters: :topic_id, :partition
-- Reads: partitions
select
    next,
    appended_at_us
from partitions
where topic_id = :topic_id
  and partition = :partition
