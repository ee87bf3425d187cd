-- announced_articles: what do publishers say of their articles?
--
-- One row per announced article, as the standing announcement of its newest version says.
--   article_id          varchar                   publisher's id
--   article_version     integer                   newest version announced
--   title               varchar                   title
--   url                 varchar                   address; null when not told
--   topic               varchar                   topic; null when not told
--   author              varchar                   author or desk; null when not told
--   language            varchar                   language tag; null when not told
--   ai_generated        boolean                   carries the label AI Generated Content
--   published_at        timestamp with time zone  when that version was published; when it was announced, if that is not told (UTC)
--   first_published_at  timestamp with time zone  the same of the first announced version (UTC)
--   versions            bigint                    announced versions; at least 1
-- Parameters: $article_id  varchar; null: all articles
-- concat: a bare comparison is handed to the catalog as text, where a quote in an id would end it.
-- Reads: raw.articles, known (columns of known_positions)
with announcements as (
    select
        articles.article_id,
        articles.article_version,
        articles.title,
        articles.url,
        articles.topic,
        articles.author,
        articles.language,
        articles.ai_generated,
        coalesce(articles.published_at, articles.occurred_at)  as published_at
    from raw.articles as articles
    join known using (log_id, log_topic, log_partition)
    where ($article_id::varchar is null or concat(articles.article_id, '') = $article_id::varchar)
      and articles.log_offset < known.next_offset
    qualify row_number() over (
        partition by articles.article_id, articles.article_version
        order by articles.occurred_at desc, articles.event_hash desc
    ) = 1
)
select
    article_id,
    article_version,
    title,
    url,
    topic,
    author,
    language,
    ai_generated,
    published_at,
    min(published_at) over (partition by article_id)  as first_published_at,
    count(*) over (partition by article_id)           as versions
from announcements
qualify row_number() over (partition by article_id order by article_version desc) = 1
order by article_id
