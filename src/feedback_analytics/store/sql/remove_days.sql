-- remove_days: remove the sums of some days; add_day_sums puts their sums in their place, in the same transaction.
--
-- Parameters: $since, $until  timestamptz (beginnings of days), half-open
delete from raw.usefulness_daily
where day_at >= $since
  and day_at < $until
