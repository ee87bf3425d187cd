-- target_counts_as_known: how many votes stood for each article, and each section, as known at these positions?
--
-- As target_counts, from the entries that lie before the positions, and from the chosen segments only.
--   article_id  varchar   publisher's id of the article
--   section_id  varchar   publisher's id of the section; null for the article as a whole
--   votes       bigint    standing votes, one per reader
--   useful      bigint    of those, "useful"; 0 <= useful <= votes
-- Parameters: $since, $until  timestamp with time zone, half-open
--             $source, $locale, $device, $referrer  varchar; null: any
-- Reads: raw.votes, raw.segments, known (columns of known_positions)
with some_segments as (
    select distinct segment_id
    from raw.segments
    where ($source::varchar is null or "source" = $source::varchar)
      and ($locale::varchar is null or locale = $locale::varchar)
      and ($device::varchar is null or device = $device::varchar)
      and ($referrer::varchar is null or referrer_host = $referrer::varchar)
)
select
    votes.article_id,
    votes.section_id,
    sum(votes.votes_delta)::bigint   as votes,
    sum(votes.useful_delta)::bigint  as useful
from raw.votes as votes
join known using (log_id, log_topic, log_partition)
semi join some_segments using (segment_id)
where votes.log_offset < known.next_offset
  and votes.occurred_at >= $since
  and votes.occurred_at <  $until
group by votes.article_id, votes.section_id
having sum(votes.votes_delta) > 0
order by votes.article_id, votes.section_id nulls first
