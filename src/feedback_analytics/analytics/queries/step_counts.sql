-- step_counts: how many votes stand in each step of a period?
--
-- One row per step, also where no vote was given, by the time of the answer.
--   step_at  timestamp with time zone   beginning of the step (UTC)
--   votes    bigint                     standing votes; 0 where none was given
--   useful   bigint                     of those, "useful"; 0 <= useful <= votes
-- Reads: steps (step_at), parts (columns of days_of_steps): whatever sums and entries make up the period
with counted as (
    select
        steps.step_at,
        sum(parts.votes_delta)::bigint   as votes,
        sum(parts.useful_delta)::bigint  as useful
    from parts
    asof join steps
        on parts.quarter_at >= steps.step_at
    group by steps.step_at
)
select
    steps.step_at,
    coalesce(counted.votes, 0)   as votes,
    coalesce(counted.useful, 0)  as useful
from steps
left join counted using (step_at)
order by steps.step_at
