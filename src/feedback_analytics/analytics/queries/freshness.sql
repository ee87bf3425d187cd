-- freshness: how far has the store come?
--
-- One row.
--   as_of               timestamp with time zone   last commit of the worker (UTC); null in a store without a batch
--   newest_received_at  timestamp with time zone   when the log took the newest vote or other event counted so far
--   first_vote_hour     timestamp with time zone   hour of the earliest answer; null without votes
--   newest_vote_hour    timestamp with time zone   hour of the latest answer; null without votes
-- Reads: raw.batches, raw.usefulness_hourly
with commits as (
    select
        max(committed_at)      as as_of,
        max(last_received_at)  as newest_received_at
    from raw.batches
),
answers as (
    select
        min(hour)  as first_vote_hour,
        max(hour)  as newest_vote_hour
    from raw.usefulness_hourly
)
select
    as_of,
    newest_received_at,
    first_vote_hour,
    newest_vote_hour
from commits
cross join answers
