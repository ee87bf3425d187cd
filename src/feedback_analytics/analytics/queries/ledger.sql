-- ledger: what came in per source and hour of receipt, and what became of it?
--
-- One row per source and hour; received = stored + duplicate + dead + moved.
--   source      varchar                    CloudEvents source; (unreadable) when the record does not tell
--   hour        timestamp with time zone   hour in which the log took the records (UTC, its beginning)
--   received    bigint                     records taken from the log
--   stored      bigint                     events stored: votes and announcements
--   duplicate   bigint                     events seen before, kept once
--   dead        bigint                     dead letters
--   moved       bigint                     records sent on to their home partition
--   id_reused   bigint                     stored events whose source and id were used before for another reader or target
-- Parameters: $since, $until  timestamp with time zone, half-open
--             $source         varchar; null: any
-- Reads: raw.ledger, raw.batches, known
with known_batches as (
    select distinct batches.batch_id
    from raw.batches as batches
    join known using (log_id, log_topic, log_partition)
    where batches.next_offset <= known.next_offset
)
select
    ledger."source",
    ledger.hour,
    sum(ledger.received)::bigint   as received,
    sum(ledger.stored)::bigint     as stored,
    sum(ledger.duplicate)::bigint  as duplicate,
    sum(ledger.dead)::bigint       as dead,
    sum(ledger.moved)::bigint      as moved,
    sum(ledger.id_reused)::bigint  as id_reused
from raw.ledger as ledger
semi join known_batches using (batch_id)
where ledger.hour >= $since
  and ledger.hour <  $until
  and ($source::varchar is null or ledger."source" = $source::varchar)
group by ledger."source", ledger.hour
order by ledger.hour desc, ledger."source"
