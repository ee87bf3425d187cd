-- saved_views: which views of the pages did people save, and under which names?
--
-- One row per name that was not removed, as its newest saving says.
--   name        varchar      name of the view
--   address     varchar      path and query of the page
--   written_at  timestamptz  when it was saved (UTC)
-- Reads: raw.saved_views
select
    name,
    address,
    written_at
from raw.saved_views
qualify row_number() over (partition by name order by entry_number desc) = 1
    and not is_removed
