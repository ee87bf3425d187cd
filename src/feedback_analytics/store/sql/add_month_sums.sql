-- add_month_sums: put summed months in the place of the rows that remove_months removed.
--
-- Reads: sums (columns of raw.usefulness_monthly)
insert into raw.usefulness_monthly
select
    article_id,
    section_id,
    month_at,
    votes_delta,
    useful_delta
from sums
