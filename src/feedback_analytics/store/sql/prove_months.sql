-- prove_months: for which targets and months do daily and monthly sums differ?
--
-- One row per article, section and month that differ.
--   article, section, month: the key; months begin where the sums say
--   votes, useful                  bigint  sums of the daily rows
--   monthly_votes, monthly_useful  bigint  sums of the monthly rows
-- Reads: raw.usefulness_daily, raw.usefulness_monthly
with months as (
    select distinct month_at
    from raw.usefulness_monthly
),
both_sides as (
    select
        daily.article_id,
        daily.section_id,
        months.month_at,
        daily.votes_delta as votes,
        daily.useful_delta as useful,
        0 as monthly_votes,
        0 as monthly_useful
    from raw.usefulness_daily as daily
    asof left join months on daily.day_at >= months.month_at
    union all
    select
        article_id,
        section_id,
        month_at,
        0 as votes,
        0 as useful,
        votes_delta as monthly_votes,
        useful_delta as monthly_useful
    from raw.usefulness_monthly
)
select
    article_id as article,
    section_id as section,
    month_at as "month",
    cast(sum(votes) as bigint) as votes,
    cast(sum(useful) as bigint) as useful,
    cast(sum(monthly_votes) as bigint) as monthly_votes,
    cast(sum(monthly_useful) as bigint) as monthly_useful
from both_sides
group by article_id, section_id, month_at
having sum(votes) <> sum(monthly_votes)
    or sum(useful) <> sum(monthly_useful)
order by article, section, "month"
