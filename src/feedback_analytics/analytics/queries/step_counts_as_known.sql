-- step_counts_as_known: how many votes stood in each step of a period, as known at these positions?
--
-- As step_counts, from the entries that lie before the positions, and from the chosen segments only.
--   step_at  timestamp with time zone   beginning of the step (UTC)
--   votes    bigint                     standing votes; 0 where none was given
--   useful   bigint                     of those, "useful"; 0 <= useful <= votes
-- Parameters: $since, $until  timestamp with time zone, half-open
--             $of_sections    boolean, count votes on sections instead of votes on articles as a whole
--             $every_article  boolean, count all articles and not only the chosen ones
--             $everything     boolean, count all targets of these and not only the chosen ones
-- Reads: raw.votes, known, steps (step_at), chosen_articles (article_id), chosen (article_id, section_id), some_segments
with
-- Quarters of an hour: every time zone's days begin at one.
quarters as (
    select
        make_timestamptz(epoch_us(usefulness.occurred_at) // 900000000 * 900000000)  as quarter,
        sum(usefulness.votes_delta)   as votes,
        sum(usefulness.useful_delta)  as useful
    from raw.votes as usefulness
    join known using (log_id, log_topic, log_partition)
    semi join some_segments using (segment_id)
    where (usefulness.section_id is not null) = $of_sections
      and ($every_article or usefulness.article_id in (select article_id from chosen_articles))
      and ($everything or (usefulness.article_id, coalesce(usefulness.section_id, '')) in (
          select (article_id, coalesce(section_id, ''))
          from chosen
      ))
      and usefulness.log_offset < known.next_offset
      and usefulness.occurred_at >= $since
      and usefulness.occurred_at <  $until
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
