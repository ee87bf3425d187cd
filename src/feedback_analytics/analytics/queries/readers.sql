-- readers: how many readers have a vote that stands in a period?
--
-- One row.
--   readers  bigint  readers with at least one standing vote on a chosen target
-- Parameters: $since, $until  timestamp with time zone, half-open
--             $everything     boolean, count all targets and not only the chosen ones
--             $source, $locale, $device, $referrer  varchar; null: any
-- Reads: raw.votes, raw.segments, known, chosen (article_id, section_id)
with some_segments as (
    select distinct segment_id
    from raw.segments
    where ($source::varchar is null or "source" = $source::varchar)
      and ($locale::varchar is null or locale = $locale::varchar)
      and ($device::varchar is null or device = $device::varchar)
      and ($referrer::varchar is null or referrer_host = $referrer::varchar)
),
standing as (
    select votes.reader_key
    from raw.votes as votes
    join known using (log_id, log_topic, log_partition)
    semi join some_segments using (segment_id)
    where votes.log_offset < known.next_offset
      and ($everything or (votes.article_id, coalesce(votes.section_id, '')) in (
          select (article_id, coalesce(section_id, ''))
          from chosen
      ))
      and votes.occurred_at >= $since
      and votes.occurred_at <  $until
    group by votes.reader_key
    having sum(votes.votes_delta) > 0
)
select count(*)  as readers
from standing
