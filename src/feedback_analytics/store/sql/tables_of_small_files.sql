-- tables_of_small_files: which tables have many small files?
--
-- One row per table.
--   table_name  varchar  table of schema raw
-- Parameters: $bytes  bigint, size up to which a file is small; $fewest  bigint, number of files that are many
-- Reads: the lake's catalog
select tables.table_name
from __ducklake_metadata_feedback.ducklake_data_file as files
join __ducklake_metadata_feedback.ducklake_table as tables using (table_id)
where tables.end_snapshot is null
  and files.end_snapshot is null
  and files.file_size_bytes <= $bytes
group by tables.table_name
having count(*) >= $fewest
order by tables.table_name
