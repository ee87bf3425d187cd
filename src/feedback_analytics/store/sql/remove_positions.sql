-- remove_positions: remove positions from one table, if they stand where they were seen.
--
-- Counts the rows it removed: fewer than removed has means that they were changed meanwhile.
-- Reads: removed (log_id, log_topic, log_partition, next_offset)
-- positions_of_worker stands for the table, such as positions_worker_1.
delete from raw.positions_of_worker as positions
using removed
where positions.log_id = removed.log_id
  and positions.log_topic = removed.log_topic
  and positions.log_partition = removed.log_partition
  and positions.next_offset = removed.next_offset
