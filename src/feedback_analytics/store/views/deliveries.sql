-- deliveries: which reports and alerts did the service send by itself, and which could not be sent yet?
--
-- One row per report or alert and way.
--   delivery_id  varchar      what is sent, and by which way
--   kind         varchar      report or alert
--   name         varchar      of a report day, week or month; of an alert the id of its telling (mart.told_drops)
--   since        timestamptz  first moment of what it tells of (UTC)
--   until        timestamptz  first moment after that (UTC)
--   way          varchar      mail or webhook
--   state        varchar      sent; failed: it is tried again; begun: it is on its way, or its sender died
--   tries        bigint       how often it was begun; at least 1
--   begun_at     timestamptz  when it was begun first (UTC)
--   written_at   timestamptz  when its state was written (UTC)
--   told         varchar      of what was sent to whom; of a failure the reason; else null
--   positions    varchar      the positions it is made from; null when it could not be made
-- Reads: raw.deliveries
select
    delivery_id,
    arg_max(kind, entry_number)               as kind,
    arg_max(name, entry_number)               as name,
    arg_max(since, entry_number)              as since,
    arg_max(until, entry_number)              as until,
    arg_max(way, entry_number)                as way,
    arg_max(state, entry_number)              as state,
    count(*) filter (state = 'begun')         as tries,
    min(written_at)                           as begun_at,
    max(written_at)                           as written_at,
    arg_max_null(told, entry_number)          as told,
    arg_max_null(positions, entry_number)     as positions
from raw.deliveries
group by delivery_id
