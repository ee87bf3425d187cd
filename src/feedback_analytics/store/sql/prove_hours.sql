-- prove_hours: for which targets and hours do entries and hourly sums differ?
--
-- One row per article, version, section and hour that differ.
--   article, section, version, hour: the key
--   votes, useful                bigint  sums of the entries
--   hourly_votes, hourly_useful  bigint  sums of the hourly rows
-- Reads: raw.votes, raw.usefulness_hourly
with both_sides as (
    select
        article_id,
        article_version,
        section_id,
        epoch_us(occurred_at) // 3600000000 as hour_number,
        votes_delta as votes,
        useful_delta as useful,
        0 as hourly_votes,
        0 as hourly_useful
    from raw.votes
    union all
    select
        article_id,
        article_version,
        section_id,
        epoch_us("hour") // 3600000000 as hour_number,
        0 as votes,
        0 as useful,
        votes_delta as hourly_votes,
        useful_delta as hourly_useful
    from raw.usefulness_hourly
)
select
    article_id as article,
    section_id as section,
    article_version as version,
    make_timestamptz(hour_number * 3600000000) as "hour",
    cast(sum(votes) as bigint) as votes,
    cast(sum(useful) as bigint) as useful,
    cast(sum(hourly_votes) as bigint) as hourly_votes,
    cast(sum(hourly_useful) as bigint) as hourly_useful
from both_sides
group by article_id, section_id, article_version, hour_number
having sum(votes) <> sum(hourly_votes)
    or sum(useful) <> sum(hourly_useful)
order by article, section, version, "hour"
