-- article: what is known of one article?
--
-- One row, of its latest announced version; for an article with votes but no announcement, its id as title and nulls.
-- No row for an article that was neither announced nor voted on.
--   article_id          varchar                   publisher's id
--   article_version     integer                   latest version announced
--   title               varchar                   title
--   url                 varchar                   address; null when not told
--   topic               varchar                   topic; null when not told
--   author              varchar                   author or desk; null when not told
--   language            varchar                   language tag; null when not told
--   ai_generated        boolean                   carries the label AI Generated Content
--   published_at        timestamp with time zone  when that version was published (UTC); null when not told
--   first_published_at  timestamp with time zone  when the first announced version was published (UTC)
-- Parameters: $article_id  varchar
-- Reads: mart.articles, raw.usefulness_hourly
with known as (
    select article_id
    from mart.articles
    where concat(article_id, '') = $article_id
    union
    select article_id
    from raw.usefulness_hourly
    where concat(article_id, '') = $article_id
)
select
    known.article_id,
    articles.article_version,
    coalesce(articles.title, known.article_id)  as title,
    articles.url,
    articles.topic,
    articles.author,
    articles.language,
    articles.ai_generated,
    articles.published_at,
    articles.first_published_at
from known
left join mart.articles as articles using (article_id)
order by known.article_id
