-- dead_letters: what could not become a vote or an article, why, and how does it look?
--
-- One row per reason and field, most first, with the newest example.
--   reason       varchar                    why, as a word of a closed set
--   field        varchar                    path of the field at fault; empty for the whole event
--   letters      bigint                     dead letters; at least 1
--   replayed     bigint                     of those, sent again and stored or known since
--   first_at     timestamp with time zone   when the log took the first (UTC)
--   last_at      timestamp with time zone   when the log took the last (UTC)
--   source       varchar                    CloudEvents source of the newest; null when it cannot be read
--   expected     varchar                    what the contract wants there
--   found        varchar                    what stood there in the newest; never a reader's id
--   example_id   varchar                    id of the newest dead letter
-- Parameters: $since, $until  timestamp with time zone, half-open, of receipt
--             $source         varchar; null: any
-- Reads: raw.dead_letters, raw.dead_letter_replays, raw.batches, known
with letters as (
    select
        dead.dead_letter_id,
        dead.reason,
        dead.field,
        dead.expected,
        dead.found,
        dead."source",
        dead.received_at,
        dead.log_offset
    from raw.dead_letters as dead
    join known using (log_id, log_topic, log_partition)
    where dead.log_offset < known.next_offset
      and dead.received_at >= $since
      and dead.received_at <  $until
      and ($source::varchar is null or dead."source" = $source::varchar)
),
known_batches as (
    select distinct batches.batch_id
    from raw.batches as batches
    join known using (log_id, log_topic, log_partition)
    where batches.next_offset <= known.next_offset
),
mended as (
    select distinct replays.dead_letter_id
    from raw.dead_letter_replays as replays
    semi join known_batches using (batch_id)
    where replays.outcome <> 'dead'
)
select
    letters.reason,
    letters.field,
    count(*)                                                                    as letters,
    count(mended.dead_letter_id)                                                as replayed,
    min(letters.received_at)                                                    as first_at,
    max(letters.received_at)                                                    as last_at,
    arg_max(letters."source", (letters.received_at, letters.dead_letter_id))    as "source",
    arg_max(letters.expected, (letters.received_at, letters.dead_letter_id))    as expected,
    arg_max(letters.found, (letters.received_at, letters.dead_letter_id))       as found,
    arg_max(letters.dead_letter_id, (letters.received_at, letters.dead_letter_id))  as example_id
from letters
left join mended using (dead_letter_id)
group by letters.reason, letters.field
order by letters desc, letters.reason, letters.field
