"""Sentences: what the numbers say, in singular and plural, sure and unsure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from feedback_analytics.analytics import Period, sentences
from feedback_analytics.analytics.questions import judged

PERIOD = Period(datetime(2026, 10, 28, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC))


def rows(*counts: tuple[int, int, float], headings: tuple[str, ...] = ()) -> pd.DataFrame:
    """Judged rows of (useful, votes, reference)."""
    table = pd.DataFrame(counts, columns=["useful", "votes", "reference"])
    names = headings or tuple(f"Section {number}" for number in range(1, len(counts) + 1))
    table = table.assign(heading=names, title="Harbour tunnel", article_id="harbour-tunnel")
    return judged(table, table["reference"].to_numpy(dtype=np.float64))


def row(useful: int, votes: int, reference: float) -> Any:
    return rows((useful, votes, reference)).to_dict("records")[0]


def text(sentence: sentences.Sentence) -> str:
    return sentences.plain(sentence).replace("\u00a0", " ").replace("\u202f", " ")


def test_what_to_fix_first_is_ordered_by_sure_gap_times_votes() -> None:
    told = sentences.fix_first(rows((359, 944, 0.607), (494, 1033, 0.603), (236, 483, 0.632)))
    assert [text(sentence) for sentence, _ in told] == [
        "Rewrite Section 1 in Harbour tunnel. 38 % of 944 readers found it useful; 61 % was to be expected. "
        "The gap is surely at least 17 points.",
        "Section 2 in Harbour tunnel: 48 % of 1,033 readers, 60 % expected; surely 6 points or more below.",
        "Section 3 in Harbour tunnel: 49 % of 483 readers, 63 % expected; surely 6 points or more below.",
    ]


def test_what_to_fix_first_names_at_most_three() -> None:
    assert len(sentences.fix_first(rows(*[(300, 1000, 0.7)] * 9))) == 3


def test_the_section_and_the_share_stand_out_and_the_article_is_linked() -> None:
    sentence, _ = sentences.fix_first(rows((359, 944, 0.607)))[0]
    assert [part.text for part in sentence if part.is_strong] == ["Section 1", "38\u202f%", "17\u00a0points"]
    assert [part.text for part in sentence if part.article_id == "harbour-tunnel"] == ["Harbour tunnel"]


def test_nothing_to_fix_names_the_section_nearest_to_a_verdict() -> None:
    assert text(sentences.nothing_to_fix(rows((727, 944, 0.721), (100, 140, 0.7)))) == (
        "No section is surely below what to expect. "
        "The nearest to a verdict is Section 1 in Harbour tunnel: ~84 more votes."
    )


def test_nothing_to_fix_says_when_it_is_too_early() -> None:
    assert text(sentences.nothing_to_fix(rows((6, 8, 0.7), (1, 1, 0.7)))) == (
        "9 section votes so far. The first share needs ~2 more votes on Section 1 in Harbour tunnel; "
        "until then nothing here is ranked."
    )


def test_nothing_to_fix_without_sections_claims_nothing_else() -> None:
    assert text(sentences.nothing_to_fix(rows())) == "No section is surely below what to expect."


def test_verdicts_are_counted_in_words() -> None:
    table = rows((1610, 1921, 0.721), (1232, 2020, 0.721), (6, 8, 0.721), (727, 944, 0.721), (73_000, 100_000, 0.72))
    assert text(sentences.verdict_counts(table, "article")) == (
        "1 of 5 articles is surely better than a typical one, 1 surely worse; 2 need more votes, 1 is close to typical."
    )


def test_a_period_with_too_few_votes_gets_no_share() -> None:
    assert text(sentences.over_time(PERIOD, {"votes": 1})) == "1 vote in the period: too few for a share."


def test_an_article_is_told_against_the_typical_one() -> None:
    none = rows()
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
    one = rows((359, 944, 0.607), (700, 1000, 0.7))
    assert text(sentences.article_lead(row(1450, 2220, 0.721), one)).endswith(
        "One section falls out: Section 1 is 23 points below a typical section of its kind."
    )
    two = rows((450, 944, 0.607), (359, 944, 0.607))
    assert text(sentences.article_lead(row(1450, 2220, 0.721), two)).endswith(
        "2 sections fall out, most of all Section 2: it is 23 points below a typical section of its kind."
    )


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
