-- 0003_daily_sums: sums by the newsroom's day and month, and up to where the entries were folded into them.
--
-- Sums are only ever those of whole folded ranges of the log: what lies behind is counted from raw.votes. A store that
-- has them not yet, or not up to its end, gives the same numbers, more slowly. Written by maintenance, never by a commit.
create table raw.usefulness_daily (
    article_id varchar,
    section_id varchar,
    day_at timestamptz,
    votes_delta bigint,
    useful_delta bigint
);
comment on table raw.usefulness_daily is 'Sums of the deltas of all folded entries per article, section and day of the answer. Several rows may share a key: sum them.';
comment on column raw.usefulness_daily.article_id is 'Publisher''s id of the article.';
comment on column raw.usefulness_daily.section_id is 'Publisher''s id of the section; null for the article as a whole.';
comment on column raw.usefulness_daily.day_at is 'Beginning of the newsroom''s day in which the answers were given (UTC).';
comment on column raw.usefulness_daily.votes_delta is 'Change of the number of standing votes.';
comment on column raw.usefulness_daily.useful_delta is 'Change of the number of standing votes that say useful.';

create table raw.usefulness_monthly (
    article_id varchar,
    section_id varchar,
    month_at timestamptz,
    votes_delta bigint,
    useful_delta bigint
);
comment on table raw.usefulness_monthly is 'Sums of the deltas of all folded entries per article, section and month of the answer. Several rows may share a key: sum them.';
comment on column raw.usefulness_monthly.article_id is 'Publisher''s id of the article.';
comment on column raw.usefulness_monthly.section_id is 'Publisher''s id of the section; null for the article as a whole.';
comment on column raw.usefulness_monthly.month_at is 'Beginning of the newsroom''s month in which the answers were given (UTC).';
comment on column raw.usefulness_monthly.votes_delta is 'Change of the number of standing votes.';
comment on column raw.usefulness_monthly.useful_delta is 'Change of the number of standing votes that say useful.';

create table raw.folded_positions (
    log_id varchar,
    log_topic varchar,
    log_partition smallint,
    next_offset bigint,
    time_zone varchar,
    first_vote_hour timestamptz,
    newest_vote_hour timestamptz,
    first_received_at timestamptz,
    newest_received_at timestamptz,
    committed_at timestamptz
);
comment on table raw.folded_positions is 'One row per partition of which entries were folded into the daily and monthly sums.';
comment on column raw.folded_positions.log_id is 'Identity of the log.';
comment on column raw.folded_positions.log_topic is 'Topic.';
comment on column raw.folded_positions.log_partition is 'Partition.';
comment on column raw.folded_positions.next_offset is 'The sums hold exactly the entries below this offset; always the end of a batch.';
comment on column raw.folded_positions.time_zone is 'The newsroom''s time zone, in which days and months were cut; the same in all rows.';
comment on column raw.folded_positions.first_vote_hour is 'Hour of the earliest answer among the folded entries (UTC); null without.';
comment on column raw.folded_positions.newest_vote_hour is 'Hour of the latest answer among them (UTC); null without.';
comment on column raw.folded_positions.first_received_at is 'When the log took the first record of the folded batches (UTC).';
comment on column raw.folded_positions.newest_received_at is 'When the log took the last record of them (UTC).';
comment on column raw.folded_positions.committed_at is 'When the last of the folded batches was committed (UTC).';
