-- span_entries: which entries do the sums not hold, or hold although they were not known?
--
-- One row per entry, in no order: lent to the queries that add them up, where they are few.
--   article_id    varchar   publisher's id of the article
--   section_id    varchar   publisher's id of the section; null for the article as a whole
--   occurred_at   timestamp with time zone   when the answer was given (UTC)
--   votes_delta   bigint    change of the number of standing votes; negated where it is to be taken off the sums
--   useful_delta  bigint    change of the number of those that say useful; likewise
-- Parameters: $least_offset, $most_offset  bigint, of all spans
-- Reads: raw.votes, spans (columns of Sums.spans)
select
    votes.article_id,
    votes.section_id,
    votes.occurred_at,
    (votes.votes_delta * spans.sign)::bigint   as votes_delta,
    (votes.useful_delta * spans.sign)::bigint  as useful_delta
from raw.votes as votes
join spans using (log_id, log_topic, log_partition)
where votes.log_offset >= $least_offset
  and votes.log_offset <  $most_offset
  and votes.log_offset >= spans.first_offset
  and votes.log_offset <  spans.next_offset
