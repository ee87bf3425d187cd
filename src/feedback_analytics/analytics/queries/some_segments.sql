-- some_segments: which segments did the chosen answers come from?
--
-- One row per segment. Lent to the queries that count these answers only, as `some_segments`.
--   segment_id     ubigint   the segment, as raw.votes names it
--   source         varchar   CloudEvents source: the emitter
--   locale         varchar   locale of the reader's page; null when not told
--   device         varchar   kind of device; null when not told
--   referrer_host  varchar   host the reader came from; null when not told
-- Parameters: $source, $locale, $device, $referrer  varchar; null: any
-- Reads: raw.segments
select
    segment_id,
    min("source")       as "source",
    min(locale)         as locale,
    min(device)         as device,
    min(referrer_host)  as referrer_host
from raw.segments
where ($source::varchar is null or "source" = $source::varchar)
  and ($locale::varchar is null or locale = $locale::varchar)
  and ($device::varchar is null or device = $device::varchar)
  and ($referrer::varchar is null or referrer_host = $referrer::varchar)
group by segment_id
