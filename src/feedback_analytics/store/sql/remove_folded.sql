-- remove_folded: take away the positions of the partitions that are folded on; add_folded puts new ones in their place.
--
-- Reads: folding (log_id, log_topic, log_partition)
delete from raw.folded_positions
where (log_id, log_topic, log_partition) in (
    select (log_id, log_topic, log_partition)
    from folding
)
