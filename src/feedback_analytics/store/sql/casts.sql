-- casts: the casts of one partition in a range of offsets, to bring an index of standing votes up to date.
--
-- One row per cast, by rising offset.
--   log_offset       bigint       offset of the event
--   event_id         varchar      id of the event
--   source           varchar      CloudEvents source
--   occurred_at      timestamptz  when the reader answered
--   article_id       varchar      article
--   section_id       varchar      section; null for the article as a whole
--   article_version  integer      version; null when not told
--   reader_key       blob         pseudonym, 16 bytes
--   answer           tinyint      1 useful, 0 not useful, -1 retracted
--   segment_id       ubigint      segment
--   is_winner        boolean      became the standing answer when it was stored
-- Parameters: $log_id, $topic  varchar; $partition  smallint; $since, $until  bigint, offsets, half-open
-- Reads: raw.votes, raw.segments
with segments as (
    select
        segment_id,
        min("source") as "source"
    from raw.segments
    group by segment_id
)
select
    votes.log_offset,
    votes.event_id,
    segments."source",
    votes.occurred_at,
    votes.article_id,
    votes.section_id,
    votes.article_version,
    unhex(replace(cast(votes.reader_key as varchar), '-', '')) as reader_key,
    votes.answer,
    votes.segment_id,
    votes.is_winner
from raw.votes
left join segments using (segment_id)
where votes.log_id = $log_id
  and votes.log_topic = $topic
  and votes.log_partition = $partition
  and votes.log_offset >= $since
  and votes.log_offset < $until
  and not votes.is_reversal
order by votes.log_offset
