-- snapshot: which state of the store does this transaction see?
--
-- One row.
--   snapshot_id  bigint   number of the snapshot; the same number means the same data
-- Reads: the lake's catalog
select id::bigint as snapshot_id
from ducklake_current_snapshot('feedback')
