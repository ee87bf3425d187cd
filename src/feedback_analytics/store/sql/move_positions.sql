-- move_positions: move the positions of one worker on, if they stand where the worker believes.
--
-- Counts the rows it changed: fewer than moves has means that another worker owns a partition now.
-- Reads: moves (log_id, log_topic, log_partition, next_offset, expected_offset)
-- positions_of_worker stands for the worker's own table, such as positions_worker_1.
update raw.positions_of_worker as positions
set next_offset = moves.next_offset
from moves
where positions.log_id = moves.log_id
  and positions.log_topic = moves.log_topic
  and positions.log_partition = moves.log_partition
  and positions.next_offset = moves.expected_offset
