-- remove_months: remove the sums of some months; add_month_sums puts their sums in their place, in the same transaction.
--
-- Parameters: $since, $until  timestamptz (beginnings of months), half-open
delete from raw.usefulness_monthly
where month_at >= $since
  and month_at < $until
