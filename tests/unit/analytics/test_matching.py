"""The matched comparison, against a case worked by hand and by simulation with a fixed seed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_ind

from benchmarks.promises import marked_articles, matched_coverage
from feedback_analytics.analytics.matching import matched_difference


def test_with_one_stratum_and_equal_votes_it_is_students_comparison_of_two_means() -> None:
    useful, mark = np.array([60, 72, 55, 80, 66, 90, 71]), np.array([1, 1, 1, 0, 0, 0, 0], dtype=bool)
    found = matched_difference(useful, [100] * 7, mark, [0] * 7)
    student = ttest_ind(useful[mark] / 100, useful[~mark] / 100, equal_var=False).confidence_interval()
    assert found.difference == pytest.approx(useful[mark].mean() / 100 - useful[~mark].mean() / 100)
    # HC2 with these degrees of freedom is Welch's variance; the freedom is that of equal variances, so near to it.
    assert (found.low, found.high) == pytest.approx((student.low, student.high), abs=0.02)
    assert (found.marked, found.others, found.votes, found.strata) == (3, 4, 700, 1)


def test_what_belongs_to_the_topic_is_not_laid_at_the_mark() -> None:
    """Marked articles are mostly in the poorer topic; within each topic they are as useful as the others."""
    useful = [50] * 9 + [50] + [80] + [80] * 9
    mark = [True] * 9 + [False] + [True] + [False] * 9
    topic = ["a"] * 10 + ["b"] * 10
    assert matched_difference(useful, [100] * 20, mark, [0] * 20).difference == pytest.approx(-0.24)
    assert matched_difference(useful, [100] * 20, mark, topic).difference == pytest.approx(0.0)


def test_articles_without_their_like_are_left_out() -> None:
    found = matched_difference([5, 6, 1, 9], [10] * 4, [True, False, True, False], ["a", "a", "b", "c"])
    assert (found.marked, found.others, found.strata) == (1, 1, 1)
    assert found.difference == pytest.approx(-0.1)
    assert (found.low, found.high) == (-1, 1)


def test_without_any_pair_there_is_no_difference_to_tell() -> None:
    for found in (matched_difference([], [], [], []), matched_difference([1, 0], [2, 0], [True, False], [0, 0])):
        assert np.isnan(found.difference) and found.votes == 0


def test_impossible_counts_are_a_defect_of_the_caller() -> None:
    with pytest.raises(ValueError, match="0 <= useful <= votes"):
        matched_difference([3], [2], [True], [0])


@pytest.mark.parametrize(("articles", "strata", "deviation"), [(400, 40, 0.1), (60, 10, 0.1)])
def test_the_interval_covers_a_known_effect_in_93_to_97_percent_of_1000_runs(
    articles: int, strata: int, deviation: float
) -> None:
    """Articles scatter by 10 points within their stratum. At a true 95 %, 1,000 runs have a standard error of 0.7
    points: 93 and 97 lie 2.9 of them away.
    """
    covered = matched_coverage(np.random.default_rng(41), 1_000, articles, strata, -0.04, deviation)
    assert 0.93 <= covered <= 0.97


def test_an_interval_that_takes_votes_for_independent_covers_far_less() -> None:
    """Why the article is the unit: the plain formula for two shares, on the same data without strata."""
    from feedback_analytics.analytics.differences import difference_interval

    rng, covered = np.random.default_rng(42), 0
    for _ in range(300):
        drawn = marked_articles(rng, 400, 1, -0.04, 0.1)
        sums = [(drawn.useful[mark].sum(), drawn.votes[mark].sum()) for mark in (drawn.is_marked, ~drawn.is_marked)]
        interval = difference_interval(*sums[0], *sums[1])
        covered += bool(interval.low <= -0.04 <= interval.high)
    assert covered / 300 < 0.7
