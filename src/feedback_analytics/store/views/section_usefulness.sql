-- section_usefulness: how useful do readers find each section of each article?
--
-- One row per section with at least one standing vote.
--   article_id         varchar      publisher's id of the article
--   title              varchar      title of its newest version; null before it is announced
--   section_id         varchar      publisher's id of the section
--   heading            varchar      heading in the newest version that has the section; null before it is announced
--   kind               varchar      whats_happening, why_its_important, whats_next, beyond_the_headlines or other; null before it is announced
--   position           integer      place in the article, from 1; null before it is announced
--   votes              bigint       standing votes, one per reader; at least 1
--   useful             bigint       of those, useful; 0 <= useful <= votes
--   useful_share       double       useful / votes
--   useful_share_low   double       lower bound of the 95 % Wilson interval, valid for one look
--   useful_share_high  double       upper bound of the 95 % Wilson interval, valid for one look
--   as_of              timestamptz  when the last transaction was committed
-- Reads: raw.usefulness_hourly, raw.batches, mart.articles, mart.sections
-- Source: Wilson 1927, JASA 22, 209-212; z = 1.959963984540054 (the 0.975 quantile of the normal distribution).
with counts as (
    select
        article_id,
        section_id,
        cast(sum(votes_delta) as bigint) as votes,
        cast(sum(useful_delta) as bigint) as useful
    from raw.usefulness_hourly
    where section_id is not null
    group by article_id, section_id
    having sum(votes_delta) > 0
),
shares as (
    select
        article_id,
        section_id,
        votes,
        useful,
        useful / votes as useful_share,
        1.959963984540054 ** 2 / votes as z2_per_vote
    from counts
),
intervals as (
    select
        article_id,
        section_id,
        votes,
        useful,
        useful_share,
        (useful_share + z2_per_vote / 2) / (1 + z2_per_vote) as centre,
        sqrt(z2_per_vote * (useful_share * (1 - useful_share) + z2_per_vote / 4)) / (1 + z2_per_vote) as half_width
    from shares
)
select
    intervals.article_id,
    articles.title,
    intervals.section_id,
    sections.heading,
    sections.kind,
    sections."position",
    intervals.votes,
    intervals.useful,
    intervals.useful_share,
    greatest(0.0::double, centre - half_width) as useful_share_low,
    least(1.0::double, centre + half_width) as useful_share_high,
    (select max(committed_at) from raw.batches) as as_of
from intervals
left join mart.articles using (article_id)
left join mart.sections using (article_id, section_id)
