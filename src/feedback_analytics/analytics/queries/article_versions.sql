-- article_versions: when was each version of an article published?
--
-- One row per announced version, oldest first.
--   article_version  integer                    version, counted by the publisher
--   published_at     timestamp with time zone   when it was published; when it was announced, if that is not told (UTC)
-- Parameters: $article_id  varchar
-- Reads: raw.articles
select
    article_version,
    arg_max(coalesce(published_at, occurred_at), (occurred_at, event_hash))  as published_at
from raw.articles
where concat(article_id, '') = $article_id
group by article_version
order by article_version
