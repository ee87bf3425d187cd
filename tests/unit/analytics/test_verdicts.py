"""Verdicts: when a share may be called better, worse, or close to typical."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_analytics.analytics import (
    Verdict,
    running_interval,
    typical_share,
    verdicts,
    votes_needed,
    wilson_interval,
)


def verdict(useful: int, votes: int, reference: float) -> Verdict:
    return Verdict(verdicts([useful], [votes], reference)[0])


def test_below_ten_votes_there_is_no_verdict_however_clear_it_looks() -> None:
    assert verdict(9, 9, 0.2) == Verdict.TOO_FEW
    assert verdict(10, 10, 0.2) == Verdict.BETTER


def test_the_thin_line_decides_and_not_the_thick_bar() -> None:
    """Hay fever in the mock-ups: 727 of 944 against 72.1 %."""
    assert wilson_interval(727, 944).low > 0.721 > running_interval(727, 944).low
    assert verdict(727, 944, 0.721) == Verdict.UNSURE


def test_wholly_on_one_side_is_better_or_worse() -> None:
    assert verdict(1232, 2020, 0.721) == Verdict.WORSE
    assert verdict(1610, 1921, 0.721) == Verdict.BETTER


def test_close_to_typical_is_tried_before_better_and_worse() -> None:
    """With so many votes the line lies wholly above the reference, but within five points of it."""
    interval = running_interval(73_000, 100_000)
    assert 0.72 < interval.low < interval.high < 0.77
    assert verdict(73_000, 100_000, 0.72) == Verdict.CLOSE


def test_the_votes_still_needed_are_those_of_the_mock_ups() -> None:
    assert votes_needed([727, 223], [944, 344], 0.721) == pytest.approx([82, 130], abs=5)


def test_below_ten_votes_the_votes_needed_are_those_to_a_share() -> None:
    assert list(votes_needed([6, 0], [8, 0], 0.7)) == [2, 10]


def test_a_verdict_that_is_there_needs_no_votes() -> None:
    assert votes_needed([1232], [2020], 0.721)[0] == 0


def test_a_verdict_too_far_off_to_foresee_is_told_as_infinite() -> None:
    """52.5 % lies half-way between the same and five points off: slow to tell from either."""
    assert math.isinf(votes_needed([210], [400], 0.5)[0])


@given(st.integers(10, 5_000), st.floats(0, 1), st.floats(0.05, 0.95))
def test_with_the_votes_needed_and_the_same_share_there_is_a_verdict(
    votes: int, share: float, reference: float
) -> None:
    useful = round(share * votes)
    needed = float(votes_needed([useful], [votes], reference)[0])
    if math.isfinite(needed):
        then = votes + needed
        low, high = running_interval(useful / votes * then, then)
        is_apart = low > reference - 1e-9 or high < reference + 1e-9
        is_close = low > reference - 0.05 - 1e-9 and high < reference + 0.05 + 1e-9
        assert is_apart or is_close


def test_the_typical_article_is_the_middle_one_and_not_the_one_with_most_votes() -> None:
    assert typical_share([400, 80, 9], [1000, 100, 10]) == 0.8


def test_articles_with_too_few_votes_do_not_say_what_is_typical() -> None:
    assert typical_share([9, 60], [9, 100]) == 0.6


def test_where_no_article_has_enough_votes_all_votes_together_are_typical() -> None:
    assert typical_share([3, 2], [4, 6]) == 0.5
    assert typical_share([], []) == 0.5


def test_verdicts_of_many_keep_their_order() -> None:
    found = verdicts([9, 1232, 1610], [9, 2020, 1921], np.array([0.7, 0.721, 0.721]))
    assert list(found) == [Verdict.TOO_FEW, Verdict.WORSE, Verdict.BETTER]
