-- inlined_tables: where does the catalog keep the inlined rows of each table?
--
-- One row per table and schema version that has such a place.
--   table_name     varchar  table of schema raw
--   inlined_table  varchar  table of the catalog
-- Reads: the lake's catalog
select
    tables.table_name,
    inlined.table_name as inlined_table
from __ducklake_metadata_feedback.ducklake_inlined_data_tables as inlined
join __ducklake_metadata_feedback.ducklake_table as tables using (table_id)
where tables.end_snapshot is null
order by tables.table_name, inlined_table
