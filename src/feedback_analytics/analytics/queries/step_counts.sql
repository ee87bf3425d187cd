-- step_counts: how many votes stand in each step of a period?
--
-- One row per step, also where no vote was given, by the time of the answer. Steps begin with days of the sums' zone.
--   step_at  timestamp with time zone   beginning of the step (UTC)
--   votes    bigint                     standing votes; 0 where none was given
--   useful   bigint                     of those, "useful"; 0 <= useful <= votes
-- Parameters: $since, $until               timestamp with time zone, half-open
--             $day_since, $day_until       timestamp with time zone, its whole days
--             $least_offset, $most_offset  bigint, of all spans
--             $of_sections    boolean, count votes on sections instead of votes on articles as a whole
--             $every_article  boolean, count all articles and not only the chosen ones
--             $everything     boolean, count all targets of these and not only the chosen ones
-- Reads: raw.usefulness_daily, raw.votes, spans (columns of Sums.spans), known, steps (step_at),
--        chosen_articles (article_id), chosen (article_id, section_id)
with deltas as (
    select
        article_id,
        section_id,
        day_at  as at,
        votes_delta,
        useful_delta
    from raw.usefulness_daily
    where day_at >= $day_since
      and day_at <  $day_until
    union all
    -- Entries of these days that the sums do not hold yet, or that they hold and that were not known.
    select
        votes.article_id,
        votes.section_id,
        votes.occurred_at                as at,
        votes.votes_delta * spans.sign   as votes_delta,
        votes.useful_delta * spans.sign  as useful_delta
    from raw.votes as votes
    join spans using (log_id, log_topic, log_partition)
    where votes.log_offset >= $least_offset
      and votes.log_offset <  $most_offset
      and votes.log_offset >= spans.first_offset
      and votes.log_offset <  spans.next_offset
      and votes.occurred_at >= $day_since
      and votes.occurred_at <  $day_until
    union all
    -- What lies before the first whole day, and after the last.
    select
        votes.article_id,
        votes.section_id,
        votes.occurred_at  as at,
        votes.votes_delta,
        votes.useful_delta
    from raw.votes as votes
    join known using (log_id, log_topic, log_partition)
    where votes.log_offset < known.next_offset
      and votes.occurred_at >= $since
      and votes.occurred_at <  $day_since
    union all
    select
        votes.article_id,
        votes.section_id,
        votes.occurred_at  as at,
        votes.votes_delta,
        votes.useful_delta
    from raw.votes as votes
    join known using (log_id, log_topic, log_partition)
    where votes.log_offset < known.next_offset
      and votes.occurred_at >= $day_until
      and votes.occurred_at <  $until
),
-- Quarters of an hour: every time zone's days begin at one.
quarters as (
    select
        make_timestamptz(epoch_us(usefulness.at) // 900000000 * 900000000)  as quarter,
        sum(usefulness.votes_delta)   as votes,
        sum(usefulness.useful_delta)  as useful
    from deltas as usefulness
    where (usefulness.section_id is not null) = $of_sections
      and ($every_article or usefulness.article_id in (select article_id from chosen_articles))
      and ($everything or (usefulness.article_id, coalesce(usefulness.section_id, '')) in (
          select (article_id, coalesce(section_id, ''))
          from chosen
      ))
    group by quarter
),
counted as (
    select
        steps.step_at,
        sum(quarters.votes)::bigint   as votes,
        sum(quarters.useful)::bigint  as useful
    from quarters
    asof join steps
        on quarters.quarter >= steps.step_at
    group by steps.step_at
)
select
    steps.step_at,
    coalesce(counted.votes, 0)   as votes,
    coalesce(counted.useful, 0)  as useful
from steps
left join counted using (step_at)
order by steps.step_at
