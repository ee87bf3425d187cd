-- version_pairs: what did readers say of a version who had answered for an earlier one too?
--
-- One row per target and pair of versions that some readers answered for, one right after the other.
--   section_id       varchar   publisher's id of the section; null for the article as a whole
--   article_version  integer   the later version
--   version_before   integer   the earlier version
--   both_useful      bigint    readers who found both useful
--   only_before      bigint    readers who found only the earlier one useful
--   only_after       bigint    readers who found only this version useful
--   neither_useful   bigint    readers who found neither useful
-- Reads: article_answers
with
-- A reader's last answer on each version; a retraction takes back what was said before it.
answers as (
    select
        reader_key,
        section_id,
        article_version,
        answer
    from article_answers
    where not is_reversal
      and article_version is not null
    qualify row_number() over (
        partition by reader_key, section_id, article_version
        order by occurred_at desc, is_winner desc, received_at desc, log_offset desc
    ) = 1
),
paired as (
    select
        section_id,
        article_version,
        answer,
        lag(article_version) over earlier  as version_before,
        lag(answer) over earlier           as answer_before
    from answers
    where answer >= 0
    window earlier as (partition by reader_key, section_id order by article_version)
)
select
    section_id,
    article_version,
    version_before,
    count(*) filter (where answer = 1 and answer_before = 1)  as both_useful,
    count(*) filter (where answer = 0 and answer_before = 1)  as only_before,
    count(*) filter (where answer = 1 and answer_before = 0)  as only_after,
    count(*) filter (where answer = 0 and answer_before = 0)  as neither_useful
from paired
where answer_before is not null
group by section_id, article_version, version_before
order by section_id nulls first, article_version, version_before
