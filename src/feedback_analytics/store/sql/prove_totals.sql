-- prove_totals: what came in over all batches, and what became of it?
--
-- One row.
--   received, stored, duplicate, dead, moved  bigint  over all batches
--   id_reused                                 bigint  part of stored
-- Reads: raw.batches, raw.ledger
select
    cast(coalesce(sum(received), 0) as bigint) as received,
    cast(coalesce(sum(stored), 0) as bigint) as stored,
    cast(coalesce(sum(duplicate), 0) as bigint) as duplicate,
    cast(coalesce(sum(dead), 0) as bigint) as dead,
    cast(coalesce(sum(moved), 0) as bigint) as moved,
    (select cast(coalesce(sum(id_reused), 0) as bigint) from raw.ledger) as id_reused
from raw.batches
