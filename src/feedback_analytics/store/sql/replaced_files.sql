-- replaced_files: which data files did nobody need any more before a time?
--
-- One row per file.
--   data_file_id      bigint   number of the file
--   path              varchar  where it is
--   path_is_relative  boolean  relative to the folder of data files
-- Parameters: $before  timestamptz
-- Reads: the lake's catalog
select
    data_file_id,
    path,
    cast(path_is_relative as boolean) as path_is_relative
from __ducklake_metadata_feedback.ducklake_files_scheduled_for_deletion
where cast(schedule_start as timestamptz) < $before
order by data_file_id, path
