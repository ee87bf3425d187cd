-- add_hours: add the deltas of one transaction to the hourly sums.
--
-- The hour is found by integer division: date_trunc on timestamptz asks the calendar of the time zone for every row.
-- Reads: entries (columns of raw.votes)
with hours as (
    select
        article_id,
        article_version,
        section_id,
        epoch_us(occurred_at) // 3600000000 as hour_number,
        cast(sum(votes_delta) as bigint) as votes_delta,
        cast(sum(useful_delta) as bigint) as useful_delta
    from entries
    group by article_id, article_version, section_id, hour_number
)
insert into raw.usefulness_hourly
select
    article_id,
    article_version,
    section_id,
    make_timestamptz(hour_number * 3600000000) as "hour",
    votes_delta,
    useful_delta
from hours
where votes_delta <> 0
   or useful_delta <> 0
