-- move_earliest: say from where on a partition still holds records.
-- Parameters: :topic_id, :partition, :next
-- Writes: partitions
update partitions
set earliest = :next
where topic_id = :topic_id
  and partition = :partition
