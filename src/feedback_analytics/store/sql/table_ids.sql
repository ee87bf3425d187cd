-- table_ids: under which numbers does the catalog keep the tables?
--
-- One row per table of schema raw.
--   table_name  varchar  name
--   table_id    bigint   number in the names of the catalog's own tables
-- Reads: the lake's catalog
select
    table_name,
    table_id
from __ducklake_metadata_feedback.ducklake_table
where end_snapshot is null
order by table_name
