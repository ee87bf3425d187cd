-- small_files: which data files of a table have few rows?
--
-- One row per file, in the order in which their rows were written.
--   name      varchar  of the file, without folders
--   rows      bigint   in it, deleted ones included
--   least     varchar  least value of the order column; null when unknown
--   greatest  varchar  greatest value of it
-- Parameters: $table  varchar; $rows  bigint, up to which a file is small; $column  varchar, the order column
-- Reads: the lake's catalog
select
    parse_filename(files.path) as name,
    files.record_count as rows,
    stats.min_value as least,
    stats.max_value as greatest
from __ducklake_metadata_feedback.ducklake_data_file as files
join __ducklake_metadata_feedback.ducklake_table as tables using (table_id)
left join __ducklake_metadata_feedback.ducklake_column as columns
    on columns.table_id = files.table_id
    and columns.column_name = $column
    and columns.end_snapshot is null
left join __ducklake_metadata_feedback.ducklake_file_column_stats as stats
    on stats.data_file_id = files.data_file_id
    and stats.column_id = columns.column_id
where tables.table_name = $table
  and tables.end_snapshot is null
  and files.end_snapshot is null
  and files.record_count <= $rows
order by files.row_id_start, files.data_file_id
