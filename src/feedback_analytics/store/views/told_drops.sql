-- told_drops: which drops were told, and which of them have recovered since?
--
-- One row per drop that was told; the same target can have several, each after the one before has recovered.
--   drop_number          bigint       rises from telling to telling; drops told together follow each other
--   told_at              timestamptz  when it was told (UTC)
--   recovered_at         timestamptz  when it was noted that the share has clearly recovered (UTC); null while it has not
--   family               varchar      article, section or topic
--   article_id           varchar      publisher's id of the article; null for a topic
--   section_id           varchar      publisher's id of the section; null for an article as a whole and for a topic
--   topic                varchar      the topic, where a topic fell; else null
--   window_since         timestamptz  first moment of the window in which the share was low (UTC)
--   window_until         timestamptz  first moment after that window (UTC)
--   base_since           timestamptz  first moment of the time before it that it is compared with (UTC)
--   votes                bigint       standing votes in the window, as known when it was told
--   useful               bigint       of those, useful
--   useful_share         double       useful / votes
--   votes_before         bigint       standing votes in the time before
--   useful_before        bigint       of those, useful
--   useful_share_before  double       useful_before / votes_before
--   false_share          double       smallest part of false discoveries at which it would be told (e-BH)
--   watch                varchar      the parameters of the question drops that were watched, as JSON
--   telling_id           varchar      id of the telling: one run of `feedback drops tell`
--   positions            varchar      of the answer that was told; with them as as_of, drops gives it again
-- Reads: raw.drops_told
select
    told.note_number as drop_number,
    told.noted_at as told_at,
    recovered.noted_at as recovered_at,
    told.family,
    told.article_id,
    told.section_id,
    told.topic,
    told.window_since,
    told.window_until,
    told.base_since,
    told.votes,
    told.useful,
    told.useful / told.votes as useful_share,
    told.votes_before,
    told.useful_before,
    told.useful_before / told.votes_before as useful_share_before,
    told.false_share,
    told.watch,
    told.telling_id,
    told.positions
from raw.drops_told as told
left join raw.drops_told as recovered
    on recovered.follows = told.note_number
   and recovered.note = 'recovered'
where told.note = 'told'
