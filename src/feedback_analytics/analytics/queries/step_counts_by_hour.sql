-- step_counts_by_hour: how many votes stand in each step of a period?
--
-- As step_counts, where the steps may begin at any hour of UTC.
--   step_at  timestamp with time zone   beginning of the step (UTC)
--   votes    bigint                     standing votes; 0 where none was given
--   useful   bigint                     of those, "useful"; 0 <= useful <= votes
-- Parameters: $since, $until  timestamp with time zone (whole hours), half-open
--             $of_sections    boolean, count votes on sections instead of votes on articles as a whole
--             $every_article  boolean, count all articles and not only the chosen ones
--             $everything     boolean, count all targets of these and not only the chosen ones
-- Reads: raw.usefulness_hourly, steps (step_at), chosen_articles (article_id), chosen (article_id, section_id)
with hourly as (
    select
        usefulness.hour,
        sum(usefulness.votes_delta)   as votes,
        sum(usefulness.useful_delta)  as useful
    from raw.usefulness_hourly as usefulness
    where (usefulness.section_id is not null) = $of_sections
      and ($every_article or usefulness.article_id in (select article_id from chosen_articles))
      and ($everything or (usefulness.article_id, coalesce(usefulness.section_id, '')) in (
          select (article_id, coalesce(section_id, ''))
          from chosen
      ))
      and usefulness.hour >= $since
      and usefulness.hour <  $until
    group by usefulness.hour
),
counted as (
    select
        steps.step_at,
        sum(hourly.votes)::bigint   as votes,
        sum(hourly.useful)::bigint  as useful
    from hourly
    asof join steps
        on hourly.hour >= steps.step_at
    group by steps.step_at
)
select
    steps.step_at,
    coalesce(counted.votes, 0)   as votes,
    coalesce(counted.useful, 0)  as useful
from steps
left join counted using (step_at)
order by steps.step_at
