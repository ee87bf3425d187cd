-- last_commit: when was the last transaction committed?
--
-- One row. Looked for only where it may be: folded batches are known to have been committed no later than $committed_from.
--   as_of  timestamp with time zone   last commit (UTC); null in a store without a batch
-- Parameters: $committed_from  timestamp with time zone
-- Reads: raw.batches
select max(committed_at)  as as_of
from raw.batches
where committed_at >= $committed_from
