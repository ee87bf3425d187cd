-- votes: every answer as it was given, one row per event.
--
-- One row per stored event (cast); a reader who changes their mind has several, of which one stands.
--   event_id         varchar      id of the event, unique within its source
--   source           varchar      CloudEvents source: the emitter
--   occurred_at      timestamptz  when the reader answered
--   received_at      timestamptz  when the log took the event
--   article_id       varchar      publisher's id of the article
--   section_id       varchar      publisher's id of the section; null for the article as a whole
--   article_version  integer      version of the article; null when not told
--   reader_key       uuid         pseudonym of the reader
--   vote             varchar      useful, not_useful or retracted
--   is_standing      boolean      true when this is the reader's standing answer for the target
--   locale           varchar      locale of the reader's page; null when not told
--   device           varchar      kind of device; null when not told
--   referrer_host    varchar      host of the page the reader came from; null when not told
--   log_id           varchar      identity of the log that carried the event
--   log_topic        varchar      topic that carried the event
--   log_partition    smallint     partition that carried the event
--   log_offset       bigint       offset of the event in its partition
-- Reads: raw.votes, raw.segments
--
-- Each winner's time is at least that of the winner before it, so the last winner is the one of the greatest time;
-- winners of the same time are told apart by the order in which the log took them.
with segments as (
    select
        segment_id,
        min("source") as "source",
        min(locale) as locale,
        min(device) as device,
        min(referrer_host) as referrer_host
    from raw.segments
    group by segment_id
),
casts as (
    select
        event_id,
        occurred_at,
        received_at,
        article_id,
        section_id,
        article_version,
        reader_key,
        answer,
        segment_id,
        log_id,
        log_topic,
        log_partition,
        log_offset,
        is_winner and row_number() over (
            partition by reader_key, article_id, section_id
            order by is_winner desc, occurred_at desc, received_at desc, log_offset desc
        ) = 1 as is_standing
    from raw.votes
    where not is_reversal
)
select
    casts.event_id,
    segments."source",
    casts.occurred_at,
    casts.received_at,
    casts.article_id,
    casts.section_id,
    casts.article_version,
    casts.reader_key,
    case casts.answer when 1 then 'useful' when 0 then 'not_useful' else 'retracted' end as vote,
    casts.is_standing,
    segments.locale,
    segments.device,
    segments.referrer_host,
    casts.log_id,
    casts.log_topic,
    casts.log_partition,
    casts.log_offset
from casts
left join segments using (segment_id)
