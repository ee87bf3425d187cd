-- move_head: say where the next record of a partition goes, and when the last one came.
-- Parameters: ?1 topic_id, ?2 partition, ?3 next integer offset, ?4 appended_at_us integer µs UTC
-- Writes: partitions
update partitions
set next = ?3, appended_at_us = ?4
where topic_id = ?1
  and partition = ?2
