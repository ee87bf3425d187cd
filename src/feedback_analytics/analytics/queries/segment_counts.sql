-- segment_counts: how many votes stand per source, locale, device or referrer in a period?
--
-- One row per value of the dimension with at least one standing vote.
--   segment  varchar   value of the dimension; null where the events do not tell
--   votes    bigint    standing votes
--   useful   bigint    of those, "useful"; 0 <= useful <= votes
-- Parameters: $since, $until  timestamp with time zone, half-open
--             $dimension      varchar, one of source, locale, device, referrer
--             $of_sections    boolean, count votes on sections instead of votes on articles as a whole
--             $everything     boolean, count all targets and not only the chosen ones
--             $source, $locale, $device, $referrer  varchar; null: any
-- Reads: raw.votes, raw.segments, known, chosen (article_id, section_id)
with some_segments as (
    select
        segment_id,
        min(case $dimension
            when 'source' then "source"
            when 'locale' then locale
            when 'device' then device
            else referrer_host
        end)  as segment
    from raw.segments
    where ($source::varchar is null or "source" = $source::varchar)
      and ($locale::varchar is null or locale = $locale::varchar)
      and ($device::varchar is null or device = $device::varchar)
      and ($referrer::varchar is null or referrer_host = $referrer::varchar)
    group by segment_id
),
by_segment as (
    select
        votes.segment_id,
        sum(votes.votes_delta)   as votes,
        sum(votes.useful_delta)  as useful
    from raw.votes as votes
    join known using (log_id, log_topic, log_partition)
    where votes.log_offset < known.next_offset
      and (votes.section_id is not null) = $of_sections
      and ($everything or (votes.article_id, coalesce(votes.section_id, '')) in (
          select (article_id, coalesce(section_id, ''))
          from chosen
      ))
      and votes.occurred_at >= $since
      and votes.occurred_at <  $until
    group by votes.segment_id
)
select
    some_segments.segment,
    sum(by_segment.votes)::bigint   as votes,
    sum(by_segment.useful)::bigint  as useful
from by_segment
join some_segments using (segment_id)
group by some_segments.segment
having sum(by_segment.votes) > 0
order by votes desc, segment nulls last
