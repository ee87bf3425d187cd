-- readers: how many readers have a vote that stands in a period?
--
-- One row.
--   readers  bigint  readers with at least one standing vote on a chosen target
-- Parameters: $since, $until  timestamp with time zone, half-open
--             $every_article  boolean, count all articles and not only the chosen ones
--             $everything     boolean, count all targets of these and not only the chosen ones
-- Reads: raw.votes, known, chosen_articles (article_id), chosen (article_id, section_id), some_segments
with standing as (
    select votes.reader_key
    from raw.votes as votes
    join known using (log_id, log_topic, log_partition)
    semi join some_segments using (segment_id)
    where votes.log_offset < known.next_offset
      and ($every_article or votes.article_id in (select article_id from chosen_articles))
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
