-- remove_hours: remove the hourly sums of a span; add_hour_sums puts their sums in their place, in the same transaction.
--
-- Parameters: $since, $until  timestamptz (whole hours), half-open
delete from raw.usefulness_hourly
where "hour" >= $since
  and "hour" < $until
