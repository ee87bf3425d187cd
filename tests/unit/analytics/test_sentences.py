"""Sentences: what the numbers say, in singular and plural, sure and unsure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from feedback_analytics.analytics import sentences
from feedback_analytics.analytics.catalog.question import with_verdict


def rows(*counts: tuple[int, int, float], headings: tuple[str, ...] = ()) -> pd.DataFrame:
    """Judged rows of (useful, votes, reference)."""
    table = pd.DataFrame(counts, columns=["useful", "votes", "reference"])
    names = headings or tuple(f"Section {number}" for number in range(1, len(counts) + 1))
    table = table.assign(heading=names, title="Harbour tunnel", article_id="harbour-tunnel")
    judged = with_verdict(table, table["reference"].to_numpy(dtype=np.float64))
    return judged.astype({"votes_needed": "Int64"})


def sections(*counts: tuple[int, int, float, float], headings: tuple[str, ...] = ()) -> pd.DataFrame:
    """Rows of `section_map`, of (useful, votes, expected share, points either side at every look), by their gain."""
    rows = []
    for place, (useful, votes, expected, around) in enumerate(counts, start=1):
        share = useful / votes
        low, high = share - expected - around, share - expected + around
        verdict = "too_few" if votes < 10 else "worse" if high < 0 else "better" if low > 0 else "unsure"
        told = {"useful": useful, "votes": votes, "useful_share": share, "expected_share": expected}
        told |= {"difference": share - expected, "running_low": low, "running_high": high, "verdict": verdict}
        told |= {"sure_gap": max(0.0, -high), "votes_a_week": votes / 4, "section_id": f"s{place}"}
        names = {"heading": f"Section {place}", "title": "Harbour tunnel", "article_id": "harbour-tunnel"}
        rows.append(told | names)
    columns = ["votes", "useful", "verdict", "difference", "article_id", "section_id"]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)


def row(useful: int, votes: int, reference: float) -> Any:
    return rows((useful, votes, reference)).to_dict("records")[0]


def text(sentence: sentences.Sentence) -> str:
    return sentences.plain(sentence).replace("\u00a0", " ").replace("\u202f", " ")


def test_what_to_fix_first_is_told_in_the_order_of_the_answer() -> None:
    table = sections((359, 944, 0.607, 0.05), (700, 1000, 0.7, 0.05), (494, 1033, 0.603, 0.06), (236, 483, 0.632, 0.08))
    assert [text(sentence) for sentence, _ in sentences.fix_first(table)] == [
        "Rewrite Section 1 in Harbour tunnel. 38 % of 944 readers found it useful; 61 % was to be expected. "
        "The gap is surely at least 17 points. About 240 answer it in a week.",
        "Section 3 in Harbour tunnel: 48 % of 1,033 readers, 60 % expected; surely 6 points or more below. "
        "About 260 answer it in a week.",
        "Section 4 in Harbour tunnel: 49 % of 483 readers, 63 % expected; surely 6 points or more below. "
        "About 120 answer it in a week.",
    ]


def test_a_sure_gap_of_next_to_nothing_is_not_told_as_none() -> None:
    table = sections((359, 944, 0.607, 0.2262), (236, 483, 0.632, 0.143))
    assert [text(sentence) for sentence, _ in sentences.fix_first(table)] == [
        "Rewrite Section 1 in Harbour tunnel. 38 % of 944 readers found it useful; 61 % was to be expected. "
        "The gap is sure, though maybe small. About 240 answer it in a week.",
        "Section 2 in Harbour tunnel: 49 % of 483 readers, 63 % expected; surely below. About 120 answer it in a week.",
    ]


def test_what_to_fix_first_names_at_most_three() -> None:
    assert len(sentences.fix_first(sections(*[(300, 1000, 0.7, 0.05)] * 9))) == 3


def test_the_section_and_the_share_stand_out_and_the_article_is_linked() -> None:
    sentence, _ = sentences.fix_first(sections((359, 944, 0.607, 0.05)))[0]
    assert [part.text for part in sentence if part.is_strong] == ["Section 1", "38\u202f%", "17\u00a0points"]
    assert [part.text for part in sentence if part.article_id == "harbour-tunnel"] == ["Harbour tunnel"]


def test_nothing_to_fix_names_the_section_that_is_furthest_below() -> None:
    assert text(sentences.nothing_to_fix(sections((650, 944, 0.7, 0.06), (60, 140, 0.5, 0.2)))) == (
        "No section is surely below what to expect. The furthest below is Section 2 in Harbour tunnel: "
        "−7 points (−27.1 to +12.9), which can’t be told yet from none."
    )
    assert text(sentences.nothing_to_fix(sections((700, 944, 0.7, 0.06)))) == (
        "No section is surely below what to expect."
    )


def test_nothing_to_fix_says_when_it_is_too_early() -> None:
    assert text(sentences.nothing_to_fix(sections((6, 8, 0.7, 0.4), (1, 1, 0.7, 0.4)))) == (
        "9 section votes so far. The first share needs 2 more votes on Section 1 in Harbour tunnel; "
        "until then nothing is ranked."
    )


def test_nothing_to_fix_without_sections_claims_nothing_else() -> None:
    assert text(sentences.nothing_to_fix(sections())) == "No section is surely below what to expect."


def test_verdicts_are_counted_in_words() -> None:
    table = rows((1610, 1921, 0.721), (1232, 2020, 0.721), (6, 8, 0.721), (727, 944, 0.721), (73_000, 100_000, 0.72))
    assert text(sentences.verdict_counts(table, "article")) == (
        "1 of 5 articles is surely better than a typical one, 1 surely worse; 2 need more votes, 1 is close to typical."
    )


def test_a_period_with_too_few_votes_gets_no_share() -> None:
    assert text(sentences.over_time({"votes": 1}, 28)) == "1 vote in the period: too few for a share."


def test_the_period_before_is_told_with_its_interval_and_its_votes_or_not_at_all() -> None:
    def told(useful: int, votes: int) -> str:
        return text(sentences.time_before({"useful_before": useful, "votes_before": votes}, "4 weeks before,"))

    assert told(713, 1000) == " 4 weeks before, it was 71.3 % of 1,000 votes (68.4–74.0 %), the dashed line."
    assert told(6, 8) == " 4 weeks before, there were 8 votes: too few for a share."
    assert told(0, 0) == ""


def test_an_article_is_told_against_the_typical_one() -> None:
    none = sections()
    assert text(sentences.article_lead(row(1450, 2220, 0.721), none)) == (
        "Readers find it less useful than a typical article: 65 % of 2,220 readers against 72 %."
    )
    assert text(sentences.article_lead(row(50, 54, 0.721), none)).startswith("Readers find it more useful")
    assert text(sentences.article_lead(row(73_000, 100_000, 0.72), none)).startswith("Readers find it about as useful")
    assert text(sentences.article_lead(row(727, 944, 0.721), none)) == (
        "It can’t be told yet from a typical article: 77 % of 944 readers against 72 %. "
        "A verdict needs ~84 more votes if the share stays as it is."
    )
    assert text(sentences.article_lead(row(8, 9, 0.721), none)) == (
        "9 votes so far: too few for a share. 8 useful, 1 not; 1 more vote for a share."
    )


def test_the_section_that_falls_out_is_named() -> None:
    one = sections((359, 944, 0.607, 0.05), (700, 1000, 0.7, 0.05))
    assert text(sentences.article_lead(row(1450, 2220, 0.721), one)).endswith(
        "One section falls out: Section 1 is 23 points below what article, kind and topic let expect."
    )
    two = sections((450, 944, 0.607, 0.05), (359, 944, 0.607, 0.05))
    assert text(sentences.article_lead(row(1450, 2220, 0.721), two)).endswith(
        "2 sections fall out, most of all Section 2: it is 23 points below what article, kind and topic let expect."
    )


def test_the_map_is_counted_in_words() -> None:
    table = sections((359, 944, 0.607, 0.05), (800, 1000, 0.7, 0.05), (700, 1000, 0.7, 0.05))
    assert text(sentences.map_counts(table)) == (
        "2 of 3 sections surely differ from what article, kind and topic let expect: 1 below, 1 above."
    )


def difference(at: float, around: float, **told: Any) -> dict[str, Any]:
    return {"difference": at, "difference_low": at - around, "difference_high": at + around, **told}


def test_a_change_is_told_with_its_interval_and_as_unsure_where_it_holds_none() -> None:
    assert text(sentences.change(difference(0.009, 0.009, votes=9), "the 28 days before")) == (
        "+0.9 points (±0.0 to +1.8) against the 28 days before: can’t tell yet from no change"
    )
    assert text(sentences.change(difference(-0.05, 0.01), "the 7 days before")) == (
        "−5.0 points (−6.0 to −4.0) against the 7 days before"
    )
    none = sentences.change(difference(float("nan"), 0), "the 7 days before")
    assert text(none) == "no share in the 7 days before to compare with"


def test_an_edit_is_told_with_its_caution() -> None:
    counts = {"article_version": 2, "votes": 962, "useful": 675, "votes_before": 1258, "useful_before": 775}
    assert text(sentences.edit(difference(0.086, 0.04, **counts))) == (
        "After version 2 the share was 8.6 points higher (+4.6 to +12.6): 61.6 % of 1,258 before, 70.2 % of 962 after. "
        "Readers of the first days differ from later ones, so part of it may not be the edit."
    )
    assert "can’t be told yet from none: +1.0 (−3.0 to +5.0) points" in text(
        sentences.edit(difference(0.01, 0.04, **counts))
    )
    few = sentences.edit(difference(float("nan"), 0, **counts | {"votes": 1}))
    assert text(few) == "After version 2 there are too few votes to compare: 1 vote on one of the two versions."


def test_a_drop_is_told_for_article_section_and_topic() -> None:
    counts = {"votes": 500, "useful_share": 0.6, "votes_before": 2000, "useful_share_before": 0.8, "difference": -0.2}
    names = {"article_id": "a1", "title": "Harbour tunnel", "heading": "What’s Next?", "section_id": "s", "group": None}
    row = {**counts, **names, "group": "Cities"}
    told = [text(sentences.drop({"family": family, **row})) for family in ("article", "section", "topic")]
    assert told == [
        "Harbour tunnel fell 20 points: 80 % of 2,000 votes before, 60 % of 500 since.",
        "What’s Next? in Harbour tunnel fell 20 points: 80 % of 2,000 votes before, 60 % of 500 since.",
        "The topic Cities fell 20 points: 80 % of 2,000 votes before, 60 % of 500 since.",
    ]


def test_ai_and_human_are_told_apart_only_where_the_interval_says_so() -> None:
    sure = text(sentences.ai_and_human(difference(-0.06, 0.02, ai_targets=12)))
    assert sure.startswith(
        "Of the same topic, length and week, readers find AI-generated articles less useful: −6.0 points"
    )
    assert "no difference can be told yet" in text(sentences.ai_and_human(difference(-0.01, 0.02, ai_targets=1)))
    assert text(sentences.ai_and_human(difference(float("nan"), 0, ai_targets=0))).startswith("No AI-generated article")


def test_groups_are_told_with_how_many_were_looked_at() -> None:
    table = pd.DataFrame({"groups_compared": [10, 10], "is_sure": [True, False]})
    assert text(sentences.groups_told(table)).startswith("1 of 10 groups surely differs from the rest, after allowing")
    assert text(sentences.groups_told(table.head(0))) == "There are not two groups with 10 votes to compare."


def test_how_sure_names_both_intervals_and_for_how_many_looks_they_hold() -> None:
    told = [text(sentence) for sentence in sentences.how_sure(row(1450, 2220, 0.721))]
    assert told[0] == "63.3–67.3 % is the 95 % interval for one look, now: the thick bar."
    assert told[1].startswith("61.6–68.9 % holds however often you look")
    assert told[2] == "All of it lies below the typical 72 %: the article is surely worse."
    assert len(sentences.how_sure(None)) == 1


def test_a_stale_page_says_how_old_why_and_that_nothing_is_lost() -> None:
    as_of = datetime(2026, 11, 23, 10, 28, 3, tzinfo=UTC)
    assert text(sentences.stale(as_of, 14 * 60, 3112)) == (
        "These numbers are 14 minutes old. 3,112 events wait safely in the log and will be counted when the worker "
        "comes to them; what you see was right at 10:28:03 UTC."
    )
    assert "1 event waits" in text(sentences.stale(None, 20, 1))
