-- prove_ledger: which batches does the ledger count otherwise?
--
-- One row per batch and outcome that differ.
--   batch    varchar  transaction
--   outcome  varchar  received, stored, duplicate, dead or moved
--   claimed  bigint   what raw.batches counts
--   found    bigint   what raw.ledger counts
-- Reads: raw.batches, raw.ledger
with batches as (
    select
        batch_id,
        sum(received) as received,
        sum(stored) as stored,
        sum(duplicate) as duplicate,
        sum(dead) as dead,
        sum(moved) as moved
    from raw.batches
    group by batch_id
),
ledger as (
    select
        batch_id,
        sum(received) as received,
        sum(stored) as stored,
        sum(duplicate) as duplicate,
        sum(dead) as dead,
        sum(moved) as moved
    from raw.ledger
    group by batch_id
),
claimed as (
    unpivot batches
    on received, stored, duplicate, dead, moved
    into name outcome value counted
),
found as (
    unpivot ledger
    on received, stored, duplicate, dead, moved
    into name outcome value counted
)
select
    batch_id as batch,
    outcome,
    cast(coalesce(claimed.counted, 0) as bigint) as claimed,
    cast(coalesce(found.counted, 0) as bigint) as found
from claimed
full join found using (batch_id, outcome)
where coalesce(claimed.counted, 0) <> coalesce(found.counted, 0)
order by batch, outcome
