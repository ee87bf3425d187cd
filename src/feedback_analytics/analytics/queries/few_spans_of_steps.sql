-- few_spans_of_steps: by how much are the sums of some days short, or ahead, of what was known of the chosen targets?
--
-- One row per quarter of an hour with such entries. A part of step_counts.
--   quarter_at    timestamp with time zone   beginning of the quarter of an hour (UTC); every time zone's days begin at one
--   votes_delta   bigint   change of the number of standing votes
--   useful_delta  bigint   change of the number of those that say useful
-- Parameters: $since, $until               timestamp with time zone, half-open
--             $of_sections    boolean, count votes on sections instead of votes on articles as a whole
--             $every_article  boolean, count all articles and not only the chosen ones
--             $everything     boolean, count all targets of these and not only the chosen ones
-- Reads: span_entries, chosen_articles (article_id), chosen (article_id, section_id)
select
    make_timestamptz(epoch_us(votes.occurred_at) // 900000000 * 900000000)  as quarter_at,
    sum(votes.votes_delta)::bigint   as votes_delta,
    sum(votes.useful_delta)::bigint  as useful_delta
from span_entries as votes
where votes.occurred_at >= $since
  and votes.occurred_at <  $until
  and (votes.section_id is not null) = $of_sections
  and ($every_article or votes.article_id in (select article_id from chosen_articles))
  and ($everything or (votes.article_id, coalesce(votes.section_id, '')) in (
      select (article_id, coalesce(section_id, ''))
      from chosen
  ))
group by quarter_at
order by quarter_at
