-- add_votes: post the entries of one transaction.
--
-- Parameters: $log_id, $log_topic, $batch_id  varchar, the same for all entries
-- Reads: entries (the other columns of raw.votes)
insert into raw.votes by name
select
    *,
    $log_id as log_id,
    $log_topic as log_topic,
    $batch_id as batch_id
from entries
