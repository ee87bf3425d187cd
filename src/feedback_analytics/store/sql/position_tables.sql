-- position_tables: which tables hold positions?
--
-- One row per table.
--   table_name  varchar  positions_unowned, or positions_NAME of a worker
-- Parameters: $database  varchar, the lake's alias
select table_name
from duckdb_tables()
where database_name = $database
  and schema_name = 'raw'
  and table_name like 'positions\_%' escape '\'
order by table_name
