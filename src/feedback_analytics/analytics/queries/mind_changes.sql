-- mind_changes: how often did readers change or take back their answers, and which way?
--
-- One row per target with at least one answer in the period, by the time of the later answer.
--   article_id       varchar   publisher's id of the article
--   section_id       varchar   publisher's id of the section; null for the article as a whole
--   answers          bigint    answers given, retractions included; duplicates are none
--   to_useful        bigint    answers that changed "not useful" to "useful"
--   to_not_useful    bigint    answers that changed "useful" to "not useful"
--   taken_back       bigint    answers taken back
--   repeated         bigint    answers that said again what the reader had said before
-- Parameters: $since, $until  timestamp with time zone, half-open
-- Reads: raw.votes, known, some_segments
with casts as (
    select
        votes.article_id,
        votes.section_id,
        votes.answer,
        votes.log_id,
        votes.log_topic,
        votes.log_partition,
        votes.log_offset
    from raw.votes as votes
    join known using (log_id, log_topic, log_partition)
    semi join some_segments using (segment_id)
    where not votes.is_reversal
      and votes.log_offset < known.next_offset
      and votes.occurred_at >= $since
      and votes.occurred_at <  $until
),
superseded as (
    select
        log_id,
        log_topic,
        log_partition,
        log_offset,
        answer  as old_answer
    from raw.votes
    where is_reversal
)
select
    casts.article_id,
    casts.section_id,
    count(*)                                                        as answers,
    count(*) filter (where casts.answer = 1 and old_answer = 0)     as to_useful,
    count(*) filter (where casts.answer = 0 and old_answer = 1)     as to_not_useful,
    count(*) filter (where casts.answer = -1 and old_answer >= 0)   as taken_back,
    count(*) filter (where casts.answer = old_answer)               as repeated
from casts
left join superseded using (log_id, log_topic, log_partition, log_offset)
group by casts.article_id, casts.section_id
order by casts.article_id, casts.section_id nulls first
