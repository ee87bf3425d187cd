-- current_votes: which answer of each reader stands now?
--
-- One row per reader and target with a standing answer that is not retracted. For counts use the usefulness views.
--   reader_key       uuid         pseudonym of the reader
--   article_id       varchar      publisher's id of the article
--   section_id       varchar      publisher's id of the section; null for the article as a whole
--   vote             varchar      useful or not_useful
--   occurred_at      timestamptz  when the reader answered
--   received_at      timestamptz  when the log took the event
--   article_version  integer      version of the article; null when not told
--   source           varchar      CloudEvents source: the emitter
--   locale           varchar      locale of the reader's page; null when not told
--   device           varchar      kind of device; null when not told
--   referrer_host    varchar      host of the page the reader came from; null when not told
-- Reads: raw.votes, raw.segments
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
standing as (
    select
        reader_key,
        article_id,
        section_id,
        answer,
        occurred_at,
        received_at,
        article_version,
        segment_id
    from raw.votes
    where is_winner
    qualify row_number() over (
        partition by reader_key, article_id, section_id
        order by occurred_at desc, received_at desc, log_offset desc
    ) = 1
)
select
    standing.reader_key,
    standing.article_id,
    standing.section_id,
    case standing.answer when 1 then 'useful' else 'not_useful' end as vote,
    standing.occurred_at,
    standing.received_at,
    standing.article_version,
    segments."source",
    segments.locale,
    segments.device,
    segments.referrer_host
from standing
left join segments using (segment_id)
where standing.answer >= 0
