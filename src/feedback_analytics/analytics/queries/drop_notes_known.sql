-- drop_notes_known: how many notes about drops had been written?
--
-- One row.
--   notes  bigint  notes, numbered from 0 without a gap
-- Parameters: $noted_until  timestamp with time zone; null: now
-- Reads: raw.drops_told
select count(*)::bigint as notes
from raw.drops_told
where $noted_until::timestamptz is null
   or noted_at <= $noted_until::timestamptz
