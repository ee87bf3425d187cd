-- make_partitions: give a topic the partitions it lacks, empty.
-- Parameters: :topic
-- Writes: partitions
with recursive numbers (topic_id, partition, partitions) as (
    select topic_id, 0, partitions
    from topics
    where name = :topic
    union all
    select topic_id, partition + 1, partitions
    from numbers
    where partition + 1 < partitions
)

insert into partitions (topic_id, partition, earliest, next, appended_at_us)
select topic_id, partition, 0, 0, 0
from numbers
where true
on conflict do nothing
