-- sum_months: the sums of some months, one row per article, section and month.
--
--   summed_rows    bigint  rows that it stands for
-- and the columns of raw.usefulness_monthly.
-- Parameters: $since, $until  timestamptz (beginnings of months), half-open
-- Reads: raw.usefulness_monthly
select
    article_id,
    section_id,
    month_at,
    cast(sum(votes_delta) as bigint) as votes_delta,
    cast(sum(useful_delta) as bigint) as useful_delta,
    count(*) as summed_rows
from raw.usefulness_monthly
where month_at >= $since
  and month_at < $until
group by article_id, section_id, month_at
order by month_at, article_id, section_id
