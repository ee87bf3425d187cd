-- move_head: say where the next record of a partition goes, and when the last one came.
-- Parameters: :next integer offset, :appended_at_us integer µs UTC, :topic_id, :partition
-- Writes: partitions
update partitions
set next = :next, appended_at_us = :appended_at_us
where topic_id = :topic_id
  and partition = :partition
