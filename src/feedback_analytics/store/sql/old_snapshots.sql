-- old_snapshots: which snapshots had been followed by another one before a time?
--
-- One row per snapshot, oldest first. The newest snapshot is never among them.
--   snapshot_id  bigint  snapshot
-- Parameters: $before  timestamptz
-- Reads: the lake's catalog
with snapshots as (
    select
        snapshot_id,
        lead(cast(snapshot_time as timestamptz)) over (order by snapshot_id) as followed_at
    from __ducklake_metadata_feedback.ducklake_snapshot
)
select snapshot_id
from snapshots
where followed_at < $before
order by snapshot_id
