-- moved_tables: the rows of which tables go along when a store is moved?
--
-- All but facts, descriptions and positions, which each store has of its own.
--   table_name  varchar  table of schema raw
-- Parameters: $database  varchar, the lake's alias
select table_name
from duckdb_tables()
where database_name = $database
  and schema_name = 'raw'
  and table_name not in ('store_facts', 'column_descriptions')
  and table_name not like 'positions\_%' escape '\'
order by table_name
