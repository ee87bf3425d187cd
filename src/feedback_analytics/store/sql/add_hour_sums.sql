-- add_hour_sums: put summed hours in the place of the rows that remove_hours removed.
--
-- Reads: sums (columns of raw.usefulness_hourly)
insert into raw.usefulness_hourly
select
    article_id,
    article_version,
    section_id,
    "hour",
    votes_delta,
    useful_delta
from sums
