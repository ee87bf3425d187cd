-- usefulness_over_time: how many votes were given for articles as a whole, hour by hour or in longer steps?
--
-- One row per step of the period, also where no vote was given. Standing votes, by the time of the answer.
--   step_at  timestamp with time zone   beginning of the step (UTC); a week begins on Monday
--   votes    bigint                     standing votes; 0 where none was given
--   useful   bigint                     of those, "useful"; 0 <= useful <= votes
-- Parameters: $since, $until  timestamp with time zone (whole hours), half-open
--             $step           varchar, one of hour, day, week, month
--             $article_id     varchar, or null for all articles
-- Reads: raw.usefulness_hourly
with hourly as (
    select
        hour,
        sum(votes_delta)   as votes,
        sum(useful_delta)  as useful
    from raw.usefulness_hourly
    where section_id is null
      and hour >= $since
      and hour <  $until
      and ($article_id::varchar is null or concat(article_id, '') = $article_id::varchar)
    group by hour
),
-- Hours first: cutting each row's time at its day took five times as long as the scan.
counted as (
    select
        date_trunc($step, hour at time zone 'UTC')  as step_at,
        sum(votes)::bigint                          as votes,
        sum(useful)::bigint                         as useful
    from hourly
    group by date_trunc($step, hour at time zone 'UTC')
),
steps as (
    select unnest(generate_series(
        date_trunc($step, $since::timestamptz at time zone 'UTC'),
        $until::timestamptz at time zone 'UTC' - interval 1 microsecond,
        ('1 ' || $step)::interval
    )) as step_at
)
select
    steps.step_at at time zone 'UTC'  as step_at,
    coalesce(counted.votes, 0)        as votes,
    coalesce(counted.useful, 0)       as useful
from steps
left join counted using (step_at)
order by step_at
