-- segment_counts: how many votes stand per source, locale, device or referrer in a period?
--
-- One row per value of the dimension with at least one standing vote.
--   segment  varchar   value of the dimension; null where the events do not tell
--   votes    bigint    standing votes
--   useful   bigint    of those, "useful"; 0 <= useful <= votes
-- Parameters: $since, $until  timestamp with time zone, half-open
--             $dimension      varchar, one of source, locale, device, referrer
--             $of_sections    boolean, count votes on sections instead of votes on articles as a whole
--             $every_article  boolean, count all articles and not only the chosen ones
--             $everything     boolean, count all targets of these and not only the chosen ones
-- Reads: raw.votes, known, chosen_articles (article_id), chosen (article_id, section_id), some_segments
with by_segment as (
    select
        votes.segment_id,
        sum(votes.votes_delta)   as votes,
        sum(votes.useful_delta)  as useful
    from raw.votes as votes
    join known using (log_id, log_topic, log_partition)
    where votes.log_offset < known.next_offset
      and (votes.section_id is not null) = $of_sections
      and ($every_article or votes.article_id in (select article_id from chosen_articles))
      and ($everything or (votes.article_id, coalesce(votes.section_id, '')) in (
          select (article_id, coalesce(section_id, ''))
          from chosen
      ))
      and votes.occurred_at >= $since
      and votes.occurred_at <  $until
    group by votes.segment_id
)
select
    case $dimension
        when 'source' then some_segments."source"
        when 'locale' then some_segments.locale
        when 'device' then some_segments.device
        else some_segments.referrer_host
    end                             as segment,
    sum(by_segment.votes)::bigint   as votes,
    sum(by_segment.useful)::bigint  as useful
from by_segment
join some_segments using (segment_id)
group by segment
having sum(by_segment.votes) > 0
order by votes desc, segment nulls last
