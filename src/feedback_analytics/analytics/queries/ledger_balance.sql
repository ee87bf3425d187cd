-- ledger_balance: what became of every record that the log handed over?
--
-- One row; zeros in an empty store.
--   received   bigint   records taken from the log; received = stored + duplicate + dead + moved, or the ledger is wrong
--   stored     bigint   votes and announcements stored
--   duplicate  bigint   events seen before, kept once
--   dead       bigint   dead letters
--   moved      bigint   records sent on to their home partition
-- Reads: raw.ledger
select
    coalesce(sum(received), 0)::bigint   as received,
    coalesce(sum(stored), 0)::bigint     as stored,
    coalesce(sum(duplicate), 0)::bigint  as duplicate,
    coalesce(sum(dead), 0)::bigint       as dead,
    coalesce(sum(moved), 0)::bigint      as moved
from raw.ledger
