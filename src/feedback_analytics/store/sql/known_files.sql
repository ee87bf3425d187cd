-- known_files: every file that the catalog knows, in use or waiting to be removed.
--
-- One row per file. Names hold a UUID, so they alone identify a file.
--   name  varchar  name without folders
-- Reads: the lake's catalog
with files as (
    select path
    from __ducklake_metadata_feedback.ducklake_data_file
    union all
    select path
    from __ducklake_metadata_feedback.ducklake_delete_file
    union all
    select path
    from __ducklake_metadata_feedback.ducklake_files_scheduled_for_deletion
)
select string_split(path, '/')[-1] as name
from files
