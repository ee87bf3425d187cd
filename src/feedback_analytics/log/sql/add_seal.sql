-- add_seal: keep what stands for the records that are about to be cut; a cut in slices lets its seal grow.
-- Parameters: :topic_id, :partition, :first, :next, :records, :hash_xor
-- Writes: seals
insert into seals (topic_id, partition, first, next, records, hash_xor)
values (:topic_id, :partition, :first, :next, :records, :hash_xor)
on conflict do update
set next = excluded.next, records = excluded.records, hash_xor = excluded.hash_xor
