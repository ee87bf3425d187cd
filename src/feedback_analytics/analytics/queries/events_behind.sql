-- events_behind: which events make up a number?
--
-- One row per event of the chosen targets in the period, newest first; with $standing only those whose answer stands.
--   occurred_at      timestamp with time zone   when the reader answered (UTC)
--   received_at      timestamp with time zone   when the log took the event (UTC)
--   source           varchar    CloudEvents source: the emitter
--   event_id         varchar    id of the event, unique within its source
--   article_id       varchar    publisher's id of the article
--   section_id       varchar    publisher's id of the section; null for the article as a whole
--   article_version  integer    version that the reader saw; null when not told
--   reader_key       varchar    pseudonym of the reader
--   vote             varchar    useful, not_useful or retracted
--   is_standing      boolean    this is the reader's standing answer for the target
--   locale           varchar    locale of the reader's page; null when not told
--   device           varchar    kind of device; null when not told
--   referrer_host    varchar    host the reader came from; null when not told
--   log_topic        varchar    topic that carried the event
--   log_partition    smallint   partition that carried it
--   log_offset       bigint     its offset there
-- Parameters: $since, $until  timestamp with time zone, half-open
--             $every_article  boolean, all articles and not only the chosen ones
--             $everything     boolean, all targets of these and not only the chosen ones
--             $of_sections    boolean; null: articles as a whole and sections
--             $standing       boolean, only the answers that stand and count
--             $vote           varchar; null: any
--             $most           integer, most rows
-- Reads: raw.votes, known, chosen_articles (article_id), chosen (article_id, section_id), some_segments
with casts as (
    select
        votes.event_id,
        votes.occurred_at,
        votes.received_at,
        votes.article_id,
        votes.section_id,
        votes.article_version,
        votes.reader_key,
        votes.answer,
        votes.segment_id,
        votes.log_topic,
        votes.log_partition,
        votes.log_offset,
        votes.is_winner and row_number() over (
            partition by votes.reader_key, votes.article_id, votes.section_id
            order by votes.is_winner desc, votes.occurred_at desc, votes.received_at desc, votes.log_offset desc
        ) = 1  as is_standing
    from raw.votes as votes
    join known using (log_id, log_topic, log_partition)
    where not votes.is_reversal
      and votes.log_offset < known.next_offset
      and ($of_sections::boolean is null or (votes.section_id is not null) = $of_sections::boolean)
      and ($every_article or votes.article_id in (select article_id from chosen_articles))
      and ($everything or (votes.article_id, coalesce(votes.section_id, '')) in (
          select (article_id, coalesce(section_id, ''))
          from chosen
      ))
)
select
    casts.occurred_at,
    casts.received_at,
    some_segments."source",
    casts.event_id,
    casts.article_id,
    casts.section_id,
    casts.article_version,
    casts.reader_key::varchar                                                            as reader_key,
    case casts.answer when 1 then 'useful' when 0 then 'not_useful' else 'retracted' end  as vote,
    casts.is_standing,
    some_segments.locale,
    some_segments.device,
    some_segments.referrer_host,
    casts.log_topic,
    casts.log_partition,
    casts.log_offset
from casts
join some_segments using (segment_id)
where casts.occurred_at >= $since
  and casts.occurred_at <  $until
  and (not $standing or casts.is_standing and casts.answer >= 0)
  and ($vote::varchar is null
       or case casts.answer when 1 then 'useful' when 0 then 'not_useful' else 'retracted' end = $vote::varchar)
order by casts.occurred_at desc, casts.log_topic, casts.log_partition, casts.log_offset desc
limit $most
