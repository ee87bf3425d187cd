-- vote_hours: in which hours were the earliest and the latest answers given?
--
-- One row.
--   first_vote_hour   timestamp with time zone   hour of the earliest answer (UTC); null without votes
--   newest_vote_hour  timestamp with time zone   hour of the latest answer (UTC); null without votes
-- Reads: raw.usefulness_hourly
select
    min(hour)  as first_vote_hour,
    max(hour)  as newest_vote_hour
from raw.usefulness_hourly
