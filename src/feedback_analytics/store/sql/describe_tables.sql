-- describe_tables: write the comments of the base tables into the data dictionary.
--
-- The tables of single workers (positions_NAME) look like raw.positions_unowned and are left out.
-- Parameters: $database  varchar, the lake's alias
insert into raw.column_descriptions
select
    schema_name,
    table_name,
    cast(null as varchar),
    0,
    cast(null as varchar),
    comment
from duckdb_tables()
where database_name = $database
  and schema_name = 'raw'
  and (table_name not like 'positions\_%' escape '\' or table_name = 'positions_unowned')
union all
select
    schema_name,
    table_name,
    column_name,
    column_index,
    lower(case data_type when 'TIMESTAMP WITH TIME ZONE' then 'timestamptz' else data_type end),
    comment
from duckdb_columns()
where database_name = $database
  and schema_name = 'raw'
  and (table_name not like 'positions\_%' escape '\' or table_name = 'positions_unowned')
