-- deliveries: which reports and alerts did the service send by itself, and which could not be sent yet?
--
-- One row per report or alert and way, the newest first, after so many entries.
--   kind        varchar                   report or alert
--   name        varchar                   of a report day, week or month; of an alert the id of its telling
--   since       timestamp with time zone  first moment of what it tells of (UTC)
--   until       timestamp with time zone  first moment after that (UTC)
--   way         varchar                   mail or webhook
--   state       varchar                   sent, failed or begun
--   tries       bigint                    how often it was begun
--   begun_at    timestamp with time zone  when it was begun first (UTC)
--   written_at  timestamp with time zone  when its state was written (UTC)
--   told        varchar                   of what was sent to whom; of a failure the reason; else null
--   made_from   varchar                   the positions it is made from; null when it could not be made
-- Parameters: $entries  bigint, entries that count
-- Reads: raw.deliveries
select
    arg_max(kind, entry_number)           as kind,
    arg_max(name, entry_number)           as name,
    arg_max(since, entry_number)          as since,
    arg_max(until, entry_number)          as until,
    arg_max(way, entry_number)            as way,
    arg_max(state, entry_number)          as state,
    count(*) filter (state = 'begun')     as tries,
    min(written_at)                       as begun_at,
    max(written_at)                       as written_at,
    arg_max_null(told, entry_number)      as told,
    arg_max_null(positions, entry_number) as made_from
from raw.deliveries
where entry_number < $entries
group by delivery_id
order by begun_at desc, delivery_id
