-- ledger: what came in, and what became of it?
--
-- One row per source and hour of receipt; received = stored + duplicate + dead + moved.
--   source     varchar      CloudEvents source; (unreadable) when the record does not tell
--   hour       timestamptz  hour in which the log took the records (UTC, its beginning)
--   received   bigint       records taken from the log
--   stored     bigint       events stored: votes and announcements
--   duplicate  bigint       events seen before, kept once
--   dead       bigint       dead letters
--   moved      bigint       records sent on to their home partition
--   id_reused  bigint       stored events whose source and id were used before for another reader or target; part of stored
-- Reads: raw.ledger
select
    "source",
    "hour",
    cast(sum(received) as bigint) as received,
    cast(sum(stored) as bigint) as stored,
    cast(sum(duplicate) as bigint) as duplicate,
    cast(sum(dead) as bigint) as dead,
    cast(sum(moved) as bigint) as moved,
    cast(sum(id_reused) as bigint) as id_reused
from raw.ledger
group by "source", "hour"
