-- drop_notes_known: how many notes about drops had been written?
--
-- One row.
--   entries  bigint  notes, numbered from 0 without a gap
-- Parameters: $until  timestamp with time zone; null: now
-- Reads: raw.drops_told
select count(*)::bigint as entries
from raw.drops_told
where $until::timestamptz is null
   or noted_at <= $until::timestamptz
