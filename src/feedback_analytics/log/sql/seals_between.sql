-- seals_between: what did retention cut of a range of offsets?
--
-- One row per cut that touches the range [:first, :next), in the order of offsets.
--   first, next  integer  the offsets of the cut, half-open; it may reach past the range
--   records      integer  records it held
--   hash_xor     blob     8 bytes, big-endian: xor of xxh3-64(value, seed = offset) of its records
-- Parameters: :topic_id, :partition, :first, :next
-- Reads: seals
select
    first,
    next,
    records,
    hash_xor
from seals
where topic_id = :topic_id
  and partition = :partition
  and first < :next
  and next > :first
order by first
