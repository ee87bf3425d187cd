-- article_answers: what was answered for an article and its sections, and which version did the readers see?
--
-- One row per entry, in no order. Lent to the queries about its versions, as `article_answers`.
--   section_id       varchar    publisher's id of the section; null for the article as a whole
--   article_version  integer    version that the reader saw; null when not told
--   reader_key       uuid       pseudonym of the reader
--   answer           tinyint    1 useful, 0 not useful, below 0 retracted
--   is_reversal      boolean    the entry takes an earlier answer back
--   is_winner        boolean    of the event's answers the one that stood when it was counted
--   occurred_at      timestamp with time zone   when the answer was given (UTC)
--   received_at      timestamp with time zone   when the log took the event (UTC)
--   log_offset       bigint     its place in the log's partition
--   votes_delta      tinyint    change of the number of standing votes
--   useful_delta     tinyint    change of the number of those that say useful
-- Parameters: $article_id     varchar
--             $since, $until  timestamp with time zone, half-open
-- Reads: raw.votes, known, some_segments
select
    votes.section_id,
    votes.article_version,
    votes.reader_key,
    votes.answer,
    votes.is_reversal,
    votes.is_winner,
    votes.occurred_at,
    votes.received_at,
    votes.log_offset,
    votes.votes_delta,
    votes.useful_delta
from raw.votes as votes
join known using (log_id, log_topic, log_partition)
semi join some_segments using (segment_id)
where concat(votes.article_id, '') = $article_id
  and votes.log_offset < known.next_offset
  and votes.occurred_at >= $since
  and votes.occurred_at <  $until
