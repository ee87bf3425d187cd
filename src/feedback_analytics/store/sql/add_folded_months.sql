-- add_folded_months: add the folded deltas to the sums by month.
--
-- Reads: quarters (columns of fold_hours), months (begins_at), sorted
insert into raw.usefulness_monthly
select
    quarters.article_id,
    quarters.section_id,
    months.begins_at as month_at,
    cast(sum(quarters.votes_delta) as bigint) as votes_delta,
    cast(sum(quarters.useful_delta) as bigint) as useful_delta
from quarters
asof join months on quarters.quarter_at >= months.begins_at
group by quarters.article_id, quarters.section_id, months.begins_at
having sum(quarters.votes_delta) <> 0
    or sum(quarters.useful_delta) <> 0
order by month_at, article_id, section_id
