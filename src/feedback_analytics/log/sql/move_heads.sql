-- move_heads: say where the next records of some partitions go, and when the last ones came.
--
-- Parameters: ?1 JSON array of [topic_id, partition, next offset, appended_at_us µs UTC]
-- Writes: partitions
with moved as (
    select
        value ->> 0 as topic_id,
        value ->> 1 as partition,
        value ->> 2 as next,
        value ->> 3 as appended_at_us
    from json_each(?1)
)
update or rollback partitions
set next = moved.next, appended_at_us = moved.appended_at_us
from moved
where moved.topic_id = partitions.topic_id
  and moved.partition = partitions.partition
