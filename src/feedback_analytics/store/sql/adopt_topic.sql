-- adopt_topic: make a topic known under another log, with the number of partitions it always had.
--
-- Does nothing when the topic is known under that log already.
-- Parameters: $log_id, $topic  varchar; $now  timestamptz
insert into raw.topics
select
    $log_id,
    log_topic,
    max(partitions),
    $now
from raw.topics
where log_topic = $topic
group by log_topic
having count(*) filter (where log_id = $log_id) = 0
