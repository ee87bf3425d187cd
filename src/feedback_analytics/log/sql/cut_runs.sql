-- cut_runs: forget the runs of a partition below an offset.
-- Parameters: :topic_id, :partition, :next
-- Writes: runs
delete from runs
where topic_id = :topic_id
  and partition = :partition
  and first < :next
