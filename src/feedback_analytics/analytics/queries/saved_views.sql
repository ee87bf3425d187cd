-- saved_views: which views of the pages did people save, and under which names?
--
-- One row per name that stands after so many entries.
--   name        varchar                   name of the view
--   address     varchar                   path and query of the page
--   written_at  timestamp with time zone  when it was saved (UTC)
-- Parameters: $entries  bigint, entries that count
-- Reads: raw.saved_views
with newest as (
    select
        name,
        address,
        written_at,
        is_removed
    from raw.saved_views
    where entry_number < $entries
    qualify row_number() over (partition by name order by entry_number desc) = 1
)
select
    name,
    address,
    written_at
from newest
where not is_removed
order by name
