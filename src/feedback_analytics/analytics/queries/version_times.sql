-- version_times: when was each version of the articles published?
--
-- One row per announced version, oldest first.
--   article_id       varchar                    publisher's id of the article
--   article_version  integer                    version, counted by the publisher
--   published_at     timestamp with time zone   when it was published; when it was announced, if that is not told (UTC)
--   is_first         boolean                    it is the oldest version announced
-- Reads: raw.articles, known
select
    articles.article_id,
    articles.article_version,
    arg_max(
        coalesce(articles.published_at, articles.occurred_at), (articles.occurred_at, articles.event_hash)
    )  as published_at,
    row_number() over (partition by articles.article_id order by articles.article_version) = 1  as is_first
from raw.articles as articles
join known using (log_id, log_topic, log_partition)
where articles.log_offset < known.next_offset
group by articles.article_id, articles.article_version
order by articles.article_id, articles.article_version
