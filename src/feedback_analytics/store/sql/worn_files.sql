-- worn_files: how many files of a table of sums have lost a good part of their rows?
--
-- One row.
--   files  bigint  such files
-- Parameters: $table  varchar; $share  double, deleted rows per row
-- Reads: the lake's catalog
with files as (
    select
        files.data_file_id,
        files.record_count,
        sum(deletes.delete_count) as delete_count
    from __ducklake_metadata_feedback.ducklake_data_file as files
    join __ducklake_metadata_feedback.ducklake_table as tables using (table_id)
    join __ducklake_metadata_feedback.ducklake_delete_file as deletes using (data_file_id)
    where tables.table_name = $table
      and tables.end_snapshot is null
      and files.end_snapshot is null
      and deletes.end_snapshot is null
    group by files.data_file_id, files.record_count
)
select count(*) as files
from files
where delete_count > $share * record_count
