-- data_dictionary: what does each table, view and column hold?
--
-- One row per relation (column_name null) and one per column of it.
--   schema_name  varchar  mart: views, a public promise; raw: the tables under them
--   relation     varchar  table or view
--   column_name  varchar  column; null for the description of the relation itself
--   position     integer  place of the column, from 1; 0 for the relation itself
--   data_type    varchar  DuckDB type; null for the relation itself
--   description  varchar  what it holds
-- Reads: raw.column_descriptions
select
    schema_name,
    relation,
    column_name,
    "position",
    data_type,
    description
from raw.column_descriptions
