-- prove_days: for which targets and days do folded entries and daily sums differ?
--
-- One row per article, section and day that differ.
--   article, section, day: the key; days begin where the sums say
--   votes, useful              bigint  sums of the entries below the folded positions
--   daily_votes, daily_useful  bigint  sums of the daily rows
-- Reads: raw.votes, raw.folded_positions, raw.usefulness_daily
with days as (
    select distinct day_at
    from raw.usefulness_daily
),
quarters as (
    select
        votes.article_id,
        votes.section_id,
        make_timestamptz(epoch_us(votes.occurred_at) // 900000000 * 900000000) as quarter_at,
        sum(votes.votes_delta) as votes,
        sum(votes.useful_delta) as useful
    from raw.votes as votes
    join raw.folded_positions as folded using (log_id, log_topic, log_partition)
    where votes.log_offset < folded.next_offset
    group by votes.article_id, votes.section_id, quarter_at
),
both_sides as (
    select
        quarters.article_id,
        quarters.section_id,
        days.day_at,
        quarters.votes,
        quarters.useful,
        0 as daily_votes,
        0 as daily_useful
    from quarters
    asof left join days on quarters.quarter_at >= days.day_at
    union all
    select
        article_id,
        section_id,
        day_at,
        0 as votes,
        0 as useful,
        votes_delta as daily_votes,
        useful_delta as daily_useful
    from raw.usefulness_daily
)
select
    article_id as article,
    section_id as section,
    day_at as "day",
    cast(sum(votes) as bigint) as votes,
    cast(sum(useful) as bigint) as useful,
    cast(sum(daily_votes) as bigint) as daily_votes,
    cast(sum(daily_useful) as bigint) as daily_useful
from both_sides
group by article_id, section_id, day_at
having sum(votes) <> sum(daily_votes)
    or sum(useful) <> sum(daily_useful)
order by article, section, "day"
