-- add_day_sums: put summed days in the place of the rows that remove_days removed.
--
-- Reads: sums (columns of raw.usefulness_daily)
insert into raw.usefulness_daily
select
    article_id,
    section_id,
    day_at,
    votes_delta,
    useful_delta
from sums
