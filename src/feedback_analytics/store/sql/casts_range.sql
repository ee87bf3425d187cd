-- casts_range: which offsets do the casts of one partition span, from an offset on?
--
-- One row.
--   first_offset  bigint  lowest offset; null when there are no casts
--   last_offset   bigint  highest offset
-- Parameters: $log_id, $topic  varchar; $partition  smallint; $since  bigint, first offset wanted
-- Reads: raw.votes
select
    min(log_offset) as first_offset,
    max(log_offset) as last_offset
from raw.votes
where log_id = $log_id
  and log_topic = $topic
  and log_partition = $partition
  and log_offset >= $since
  and not is_reversal
