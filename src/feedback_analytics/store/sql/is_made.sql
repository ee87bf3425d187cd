-- is_made: has the first migration run on this store?
--
-- One row when it has.
--   table_name  varchar  store_facts
-- Parameters: $database  varchar, the lake's alias
select table_name
from duckdb_tables()
where database_name = $database
  and schema_name = 'raw'
  and table_name = 'store_facts'
