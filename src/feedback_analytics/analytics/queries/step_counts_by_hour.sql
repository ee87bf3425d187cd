-- step_counts_by_hour: what do the sums of hours say of the chosen targets?
--
-- One row per hour with votes: parts of step_counts, where the steps may begin at any hour of UTC.
--   quarter_at    timestamp with time zone   beginning of the hour (UTC)
--   votes_delta   bigint                     change of the number of standing votes
--   useful_delta  bigint                     change of the number of those that say useful
-- Parameters: $since, $until  timestamp with time zone (whole hours), half-open
--             $of_sections    boolean, count votes on sections instead of votes on articles as a whole
--             $every_article  boolean, count all articles and not only the chosen ones
--             $everything     boolean, count all targets of these and not only the chosen ones
-- Reads: raw.usefulness_hourly, chosen_articles (article_id), chosen (article_id, section_id)
select
    usefulness.hour                       as quarter_at,
    sum(usefulness.votes_delta)::bigint   as votes_delta,
    sum(usefulness.useful_delta)::bigint  as useful_delta
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
