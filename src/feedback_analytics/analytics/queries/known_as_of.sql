-- known_as_of: which transactions lie before these positions?
--
-- One row.
--   as_of               timestamp with time zone   last commit before the positions (UTC); null when there is none
--   records             bigint                     records of the log that were processed
--   first_received_at   timestamp with time zone   when the log took the first record (UTC); null without
--   newest_received_at  timestamp with time zone   when the log took the last record (UTC); null without
-- Reads: raw.batches, known (columns of known_positions_then)
select
    max(batches.committed_at)       as as_of,
    coalesce(sum(batches.received), 0)::bigint  as records,
    min(batches.first_received_at)  as first_received_at,
    max(batches.last_received_at)   as newest_received_at
from raw.batches as batches
join known using (log_id, log_topic, log_partition)
where batches.next_offset <= known.next_offset
