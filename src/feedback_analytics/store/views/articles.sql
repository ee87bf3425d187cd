-- articles: what is known of each announced article?
--
-- One row per announced article, as its newest version's standing announcement says.
--   article_id          varchar      publisher's id of the article
--   article_version     integer      newest announced version
--   title               varchar      title
--   url                 varchar      address; null when not told
--   topic               varchar      topic; null when not told
--   author              varchar      author or desk; null when not told
--   language            varchar      language tag; null when not told
--   ai_generated        boolean      true when it carries the label AI Generated Content
--   published_at        timestamptz  when the newest version was published
--   first_published_at  timestamptz  when the first announced version was published
--   versions            bigint       announced versions; at least 1
--   sections            bigint       sections of the newest version
--   source              varchar      CloudEvents source of the announcement
-- Reads: raw.articles, raw.article_sections
with versions as (
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
        "source",
        event_hash
    from raw.articles
    qualify row_number() over (
        partition by article_id, article_version
        order by occurred_at desc, event_hash desc
    ) = 1
),
newest as (
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
        min(published_at) over (partition by article_id) as first_published_at,
        count(*) over (partition by article_id) as versions,
        "source",
        event_hash
    from versions
    qualify row_number() over (partition by article_id order by article_version desc) = 1
),
counted as (
    select
        article_id,
        article_version,
        event_hash,
        count(distinct section_id) as sections
    from raw.article_sections
    group by article_id, article_version, event_hash
)
select
    newest.article_id,
    newest.article_version,
    newest.title,
    newest.url,
    newest.topic,
    newest.author,
    newest.language,
    newest.ai_generated,
    newest.published_at,
    newest.first_published_at,
    newest.versions,
    coalesce(counted.sections, 0) as sections,
    newest."source"
from newest
left join counted
    on counted.article_id = newest.article_id
    and counted.article_version = newest.article_version
    and counted.event_hash = newest.event_hash
