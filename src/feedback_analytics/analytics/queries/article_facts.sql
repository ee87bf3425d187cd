-- article_facts: what was known of each announced article at these positions?
--
-- One row per announced article, as the standing announcement of its newest version says.
--   article_id          varchar                   publisher's id
--   article_version     integer                   newest version announced
--   title               varchar                   title
--   topic               varchar                   topic; null when not told
--   author              varchar                   author or desk; null when not told
--   language            varchar                   language tag; null when not told
--   ai_generated        boolean                   carries the label AI Generated Content
--   first_published_at  timestamp with time zone  when the first announced version was published (UTC)
--   versions            bigint                    announced versions; at least 1
--   words               bigint                    length of the newest version in words, over its sections; null when not told
-- Reads: raw.articles, raw.article_sections, known (columns of known_positions_then)
with announcements as (
    select
        articles.article_id,
        articles.article_version,
        articles.title,
        articles.topic,
        articles.author,
        articles.language,
        articles.ai_generated,
        coalesce(articles.published_at, articles.occurred_at)  as published_at,
        articles.event_hash
    from raw.articles as articles
    join known using (log_id, log_topic, log_partition)
    where articles.log_offset < known.next_offset
    qualify row_number() over (
        partition by articles.article_id, articles.article_version
        order by articles.occurred_at desc, articles.event_hash desc
    ) = 1
),
newest as (
    select
        article_id,
        article_version,
        title,
        topic,
        author,
        language,
        ai_generated,
        min(published_at) over (partition by article_id)  as first_published_at,
        count(*) over (partition by article_id)           as versions,
        event_hash
    from announcements
    qualify row_number() over (partition by article_id order by article_version desc) = 1
),
lengths as (
    select
        article_id,
        article_version,
        event_hash,
        sum(words)::bigint  as words
    from raw.article_sections
    group by article_id, article_version, event_hash
)
select
    newest.article_id,
    newest.article_version,
    newest.title,
    newest.topic,
    newest.author,
    newest.language,
    newest.ai_generated,
    newest.first_published_at,
    newest.versions,
    lengths.words
from newest
left join lengths using (article_id, article_version, event_hash)
order by newest.article_id
