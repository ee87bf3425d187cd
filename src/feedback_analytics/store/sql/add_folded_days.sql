-- add_folded_days: add the folded deltas to the sums by day.
--
-- Reads: quarters (columns of fold_hours), days (begins_at), sorted
insert into raw.usefulness_daily
select
    quarters.article_id,
    quarters.section_id,
    days.begins_at as day_at,
    cast(sum(quarters.votes_delta) as bigint) as votes_delta,
    cast(sum(quarters.useful_delta) as bigint) as useful_delta
from quarters
asof join days on quarters.quarter_at >= days.begins_at
group by quarters.article_id, quarters.section_id, days.begins_at
having sum(quarters.votes_delta) <> 0
    or sum(quarters.useful_delta) <> 0
order by day_at, article_id, section_id
