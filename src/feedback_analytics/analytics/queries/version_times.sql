-- version_times: when was each version of the articles published?
--
-- One row per announced version, oldest first.
--   article_id       varchar                    publisher's id of the article
--   article_version  integer                    version, counted by the publisher
--   published_at     timestamp with time zone   when it was published; when it was announced, if that is not told (UTC)
-- Parameters: $article_id  varchar; null: all articles
-- Reads: raw.articles, known
select
    articles.article_id,
    articles.article_version,
    arg_max(
        coalesce(articles.published_at, articles.occurred_at), (articles.occurred_at, articles.event_hash)
    )  as published_at
from raw.articles as articles
join known using (log_id, log_topic, log_partition)
where ($article_id::varchar is null or articles.article_id = $article_id::varchar)
  and articles.log_offset < known.next_offset
group by articles.article_id, articles.article_version
order by articles.article_id, articles.article_version
