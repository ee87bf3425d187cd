-- ranges: which offsets does each partition of a topic hold?
--
-- One row per partition; it holds [earliest, next).
--   partition, earliest, next  integer
-- Parameters: :topic_id
-- Reads: partitions
select
    partition,
    earliest,
    next
from partitions
where topic_id = :topic_id
order by partition
