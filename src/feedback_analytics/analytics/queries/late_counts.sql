-- late_counts: how many of the votes that stand came in late, step by step?
--
-- One row per step that has such votes: given in the step, and taken by the log noticeably after its end.
--   step_at     timestamp with time zone   beginning of the step (UTC)
--   late_votes  bigint                     of its standing votes, those that came late; at least 1
-- Parameters: $since, $until  timestamp with time zone, half-open
--             $late_us        bigint, microseconds after the step's end from which on a vote is late
--             $of_sections    boolean, count votes on sections instead of votes on articles as a whole
--             $every_article  boolean, count all articles and not only the chosen ones
--             $everything     boolean, count all targets of these and not only the chosen ones
-- Reads: raw.votes, known, steps (step_at, ends_at), chosen_articles (article_id), chosen (article_id, section_id), some_segments
with
-- No step ends before its answers, so few entries are left here: first by what is cheap to compare (whole numbers; an
-- interval added to each time took twice as long), and only then by place in the log and by segment.
tardy as materialized (
    select
        occurred_at,
        received_at,
        article_id,
        section_id,
        reader_key,
        answer,
        votes_delta,
        segment_id,
        log_id,
        log_topic,
        log_partition,
        log_offset
    from raw.votes
    where epoch_us(received_at) - epoch_us(occurred_at) > $late_us::bigint
      and votes_delta <> 0
      and (section_id is not null) = $of_sections
      and ($every_article or article_id in (select article_id from chosen_articles))
      and ($everything or (article_id, coalesce(section_id, '')) in (
          select (article_id, coalesce(section_id, ''))
          from chosen
      ))
      and occurred_at >= $since
      and occurred_at <  $until
),
late as materialized (
    select
        steps.step_at,
        tardy.occurred_at,
        tardy.article_id,
        coalesce(tardy.section_id, '')  as section_id,
        tardy.reader_key,
        tardy.answer,
        tardy.votes_delta
    from tardy
    join known using (log_id, log_topic, log_partition)
    semi join some_segments using (segment_id)
    asof join steps
        on tardy.occurred_at >= steps.step_at
    where tardy.log_offset < known.next_offset
      and epoch_us(tardy.received_at) - epoch_us(steps.ends_at) > $late_us::bigint
),
-- An answer that came late is superseded still later: its reversal is among these too, with its time and answer.
superseded as (
    select distinct
        reader_key,
        occurred_at,
        answer,
        article_id,
        section_id
    from late
    where votes_delta < 0
),
-- Most were never superseded and need no grouping. The same answer may be given twice in one moment, and stands once.
standing as (
    select
        late.step_at,
        1 as votes
    from late
    anti join superseded using (reader_key, occurred_at, answer, article_id, section_id)
    union all
    select
        late.step_at,
        greatest(sum(late.votes_delta), 0) as votes
    from late
    semi join superseded using (reader_key, occurred_at, answer, article_id, section_id)
    group by late.step_at, late.reader_key, late.occurred_at, late.answer, late.article_id, late.section_id
)
select
    step_at,
    sum(votes)::bigint as late_votes
from standing
group by step_at
having sum(votes) > 0
order by step_at
