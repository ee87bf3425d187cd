-- step_counts_of_segments: what do the entries from the chosen segments say?
--
-- One row per quarter of an hour with entries, as every time zone's days begin at one: parts of step_counts.
--   quarter_at    timestamp with time zone   beginning of the quarter of an hour (UTC)
--   votes_delta   bigint                     change of the number of standing votes
--   useful_delta  bigint                     change of the number of those that say useful
-- Parameters: $since, $until  timestamp with time zone, half-open
--             $of_sections    boolean, count votes on sections instead of votes on articles as a whole
--             $every_article  boolean, count all articles and not only the chosen ones
--             $everything     boolean, count all targets of these and not only the chosen ones
-- Reads: raw.votes, chosen_articles (article_id), chosen (article_id, section_id), some_segments
select
    make_timestamptz(epoch_us(usefulness.occurred_at) // 900000000 * 900000000)  as quarter_at,
    sum(usefulness.votes_delta)::bigint                                         as votes_delta,
    sum(usefulness.useful_delta)::bigint                                        as useful_delta
from raw.votes as usefulness
semi join some_segments using (segment_id)
where (usefulness.section_id is not null) = $of_sections
  and ($every_article or usefulness.article_id in (select article_id from chosen_articles))
  and ($everything or (usefulness.article_id, coalesce(usefulness.section_id, '')) in (
      select (article_id, coalesce(section_id, ''))
      from chosen
  ))
  and usefulness.occurred_at >= $since
  and usefulness.occurred_at <  $until
group by quarter_at
