-- name_the_log: give the log its identity, once.
--
-- Parameters: ?1 log_id text, ?2 made_at_us integer (µs UTC)
-- Writes: identity
insert into identity (log_id, made_at_us)
select ?1, ?2
where not exists (select 1 from identity)
