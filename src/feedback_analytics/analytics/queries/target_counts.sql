-- target_counts: how many votes stand for each article, and each section, in a period?
--
-- One row per target with at least one standing vote in the period: an article as a whole, or a section of it.
--   article_id  varchar   publisher's id of the article
--   section_id  varchar   publisher's id of the section; null for the article as a whole
--   votes       bigint    standing votes, one per reader
--   useful      bigint    of those, "useful"; 0 <= useful <= votes
-- Parameters: $since, $until              timestamp with time zone, half-open
--             $day_since, $day_until      timestamp with time zone, its whole days
--             $month_since, $month_until  timestamp with time zone, the whole months among these
--             $least_offset, $most_offset  bigint, of all spans
--             $of_sections                boolean; null: articles as a whole and sections
--             $article_id                 varchar; null: any
-- Reads: raw.usefulness_monthly, raw.usefulness_daily, raw.votes, spans (columns of Sums.spans), known
with deltas as (
    select
        article_id,
        section_id,
        votes_delta,
        useful_delta
    from raw.usefulness_monthly
    where month_at >= $month_since
      and month_at <  $month_until
    union all
    select
        article_id,
        section_id,
        votes_delta,
        useful_delta
    from raw.usefulness_daily
    where day_at >= $day_since
      and day_at <  $month_since
    union all
    select
        article_id,
        section_id,
        votes_delta,
        useful_delta
    from raw.usefulness_daily
    where day_at >= $month_until
      and day_at <  $day_until
    union all
    -- Entries of these days that the sums do not hold yet, or that they hold and that were not known.
    select
        votes.article_id,
        votes.section_id,
        votes.votes_delta * spans.sign   as votes_delta,
        votes.useful_delta * spans.sign  as useful_delta
    from raw.votes as votes
    join spans using (log_id, log_topic, log_partition)
    where votes.log_offset >= $least_offset
      and votes.log_offset <  $most_offset
      and votes.log_offset >= spans.first_offset
      and votes.log_offset <  spans.next_offset
      and votes.occurred_at >= $day_since
      and votes.occurred_at <  $day_until
    union all
    -- What lies before the first whole day, and after the last.
    select
        votes.article_id,
        votes.section_id,
        votes.votes_delta,
        votes.useful_delta
    from raw.votes as votes
    join known using (log_id, log_topic, log_partition)
    where votes.log_offset < known.next_offset
      and votes.occurred_at >= $since
      and votes.occurred_at <  $day_since
    union all
    select
        votes.article_id,
        votes.section_id,
        votes.votes_delta,
        votes.useful_delta
    from raw.votes as votes
    join known using (log_id, log_topic, log_partition)
    where votes.log_offset < known.next_offset
      and votes.occurred_at >= $day_until
      and votes.occurred_at <  $until
)
select
    article_id,
    section_id,
    sum(votes_delta)::bigint   as votes,
    sum(useful_delta)::bigint  as useful
from deltas
where ($of_sections::boolean is null or (section_id is not null) = $of_sections::boolean)
  and ($article_id::varchar is null or article_id = $article_id::varchar)
group by article_id, section_id
having sum(votes_delta) > 0
order by article_id, section_id nulls first
