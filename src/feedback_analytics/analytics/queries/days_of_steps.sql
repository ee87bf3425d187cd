-- days_of_steps: what do the sums of some whole days say of the chosen targets?
--
-- One row per day, as its first quarter of an hour. A part of step_counts.
--   quarter_at    timestamp with time zone   beginning of the quarter of an hour (UTC); every time zone's days begin at one
--   votes_delta   bigint   change of the number of standing votes
--   useful_delta  bigint   change of the number of those that say useful
-- Parameters: $since, $until  timestamp with time zone (beginnings of days), half-open
--             $of_sections    boolean, count votes on sections instead of votes on articles as a whole
--             $every_article  boolean, count all articles and not only the chosen ones
--             $everything     boolean, count all targets of these and not only the chosen ones
-- Reads: raw.usefulness_daily, chosen_articles (article_id), chosen (article_id, section_id)
select
    day_at                     as quarter_at,
    sum(votes_delta)::bigint   as votes_delta,
    sum(useful_delta)::bigint  as useful_delta
from raw.usefulness_daily
where day_at >= $since
  and day_at <  $until
  and (section_id is not null) = $of_sections
  and ($every_article or article_id in (select article_id from chosen_articles))
  and ($everything or (article_id, coalesce(section_id, '')) in (
      select (article_id, coalesce(section_id, ''))
      from chosen
  ))
group by day_at
order by quarter_at
