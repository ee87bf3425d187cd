-- fold_hours: the deltas of the entries that are folded, by quarter of an hour: every time zone's days begin at one.
--
-- One row per partition, article, section and quarter.
--   log_id         varchar      log
--   log_topic      varchar      topic
--   log_partition  smallint     partition
--   article_id     varchar      article
--   section_id     varchar      section; null for the article as a whole
--   quarter_at     timestamptz  beginning of the quarter
--   votes_delta    bigint       sum of them
--   useful_delta   bigint       sum of them
--   counted        boolean      an answer that counts, or its reversal, is among them
-- Parameters: $least_offset, $most_offset  bigint, of all ranges: files that lie outside need not be opened
-- Reads: raw.votes, folding (log_id, log_topic, log_partition, first_offset, next_offset)
select
    votes.log_id,
    votes.log_topic,
    votes.log_partition,
    votes.article_id,
    votes.section_id,
    make_timestamptz(epoch_us(votes.occurred_at) // 900000000 * 900000000) as quarter_at,
    cast(sum(votes.votes_delta) as bigint) as votes_delta,
    cast(sum(votes.useful_delta) as bigint) as useful_delta,
    bool_or(votes.votes_delta <> 0) as counted
from raw.votes as votes
join folding using (log_id, log_topic, log_partition)
where votes.log_offset >= $least_offset
  and votes.log_offset < $most_offset
  and votes.log_offset >= folding.first_offset
  and votes.log_offset < folding.next_offset
group by votes.log_id, votes.log_topic, votes.log_partition, votes.article_id, votes.section_id, quarter_at
