-- deliveries_known: how many entries had been written?
--
-- One row.
--   entries  bigint  entries, numbered from 0 without a gap
-- Parameters: $until  timestamp with time zone; null: now
-- Reads: raw.deliveries
select count(*)::bigint as entries
from raw.deliveries
where $until::timestamptz is null
   or written_at <= $until::timestamptz
