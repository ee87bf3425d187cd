"""Differences of two shares, against published worked cases and by simulation with a fixed seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.promises import difference_alarms, drop_alarms
from feedback_analytics.analytics.differences import (
    difference_evidence,
    difference_interval,
    drop_evidence,
    paired_difference_interval,
    running_difference_interval,
)

counts = st.integers(0, 5_000).flatmap(lambda votes: st.tuples(st.integers(0, votes), st.just(votes)))


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((0, 20), (0, 10), -0.2775, 0.1611),
    ],
)
def test_the_difference_of_two_groups_gives_newcombes_cases(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    interval = difference_interval(*one, *other)
    assert (round(float(interval.low), 4), round(float(interval.high), 4)) == (low, high)


@pytest.mark.parametrize(
    ("both", "first", "second", "neither", "low", "high"),
    [
        (14, 5, 0, 22, 0.011, 0.226),  # Altman, Machin, Bryant and Gardner 2000, Statistics with Confidence, table 6.2
        (1, 1, 7, 12, -0.507, -0.026),  # Fagerland, Lydersen and Laake 2017, chapter 8: airway hyper-responsiveness
        (59, 6, 16, 80, -0.1186, -0.0046),  # the same: complete response before and after consolidation therapy
    ],
)
def test_the_paired_difference_gives_the_published_cases(
    both: int, first: int, second: int, neither: int, low: float, high: float
) -> None:
    interval = paired_difference_interval(both, first, second, neither)
    digits = len(str(high).split(".")[1])
    assert (round(float(interval.low), digits), round(float(interval.high), digits)) == (low, high)


def test_readers_who_answer_alike_make_a_paired_difference_surer() -> None:
    alike = paired_difference_interval(60, 15, 5, 20)
    apart = difference_interval(75, 100, 65, 100)
    assert alike.high - alike.low < apart.high - apart.low


def test_without_votes_on_a_side_it_may_be_anything() -> None:
    for interval in (difference_interval, running_difference_interval):
        assert [float(bound) for bound in interval(0, 0, 0, 0)] == pytest.approx([-1, 1])
    alone = running_difference_interval(80, 100, 0, 0)
    assert alone.low < -0.1 and alone.high > 0.8
    nobody = paired_difference_interval(0, 0, 0, 0)
    assert (nobody.low, nobody.high) == (-1, 1)


def test_impossible_counts_are_a_defect_of_the_caller() -> None:
    for wrong in (difference_interval, running_difference_interval, difference_evidence, drop_evidence):
        with pytest.raises(ValueError, match="0 <= useful <= votes"):
            wrong(3, 2, 1, 2)
    with pytest.raises(ValueError, match="0 or more"):
        paired_difference_interval(1, -1, 1, 1)


@settings(deadline=None, max_examples=40)
@given(counts, counts)
def test_swapping_the_sides_mirrors_the_difference(one: tuple[int, int], other: tuple[int, int]) -> None:
    for interval in (difference_interval, running_difference_interval):
        there, back = interval(*one, *other), interval(*other, *one)
        assert float(there.low) == pytest.approx(-float(back.high), abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(counts, counts)
def test_the_running_difference_ends_where_the_evidence_reaches_its_limit(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    """An end at 1 or -1 is where the votes run out, not where the evidence does."""
    for bound in running_difference_interval(*one, *other):
        if abs(bound) < 1 - 1e-6:
            assert float(difference_evidence(*one, *other, bound)) == pytest.approx(np.log(20), abs=1e-3)


def test_the_running_difference_is_wider_than_that_for_one_look_and_closes_in() -> None:
    votes = np.array([10, 100, 1_000, 100_000])
    for_one_look = difference_interval(0.8 * votes, votes, 0.6 * votes, votes)
    running = running_difference_interval(0.8 * votes, votes, 0.6 * votes, votes)
    assert (running.low < for_one_look.low).all() and (running.high > for_one_look.high).all()
    assert running.low[-1] > 0.185


def test_two_growing_sides_of_one_share_are_rarely_told_apart_at_any_look() -> None:
    """1,000 runs at 0.7 and 110 looks. At most 5 % by Ville's inequality, plus four standard errors of 0.0069."""
    assert difference_alarms(np.random.default_rng(21), 1_000, 0.7) <= 0.05 + 4 * 0.0069


@pytest.mark.parametrize("at_least", [0.0, 0.05])
def test_a_watched_window_rarely_tells_of_a_drop_that_is_not_there(at_least: float) -> None:
    """600 windows at the edge of what is asked. At most 5 % at any look, plus four standard errors of 0.0089."""
    alarms = drop_alarms(np.random.default_rng(22), 600, 0.7, 500, at_least, at_least)
    assert np.isfinite(alarms).mean() <= 0.05 + 4 * 0.0089


def test_a_drop_of_fifteen_points_is_told_within_a_thousand_votes() -> None:
    """1 - beta at 1,000 votes: the fall is 10 standard errors of the window, the evidence needs about 4."""
    alarms = drop_alarms(np.random.default_rng(23), 200, 0.7, 5_000, 0.15, 0.0)
    assert (alarms <= 1_000).all()


def test_the_evidence_of_a_drop_is_the_least_over_all_shares_before() -> None:
    """Against a plain search over 20,001 base shares of the two parts named in its docstring."""
    from scipy.stats import binom

    from feedback_analytics.analytics.intervals import log_evidence

    base = np.linspace(0, 1, 20_001)[1:-1]
    for window, before, at_least in (((55, 100), (700, 1_000), 0.0), ((30, 60), (45, 50), 0.05), ((3, 9), (9, 9), 0.1)):
        above = base >= window[0] / window[1] + at_least
        parts = log_evidence(*window, base[above] - at_least) - np.log(2)
        parts -= 0.5 * np.log(binom.sf(before[0] - 1, before[1], base[above]))
        assert float(drop_evidence(*window, *before, at_least)) == pytest.approx(parts.min(), abs=1e-4)


def test_no_drop_seen_is_no_evidence_of_one() -> None:
    assert (drop_evidence([70, 80, 0, 5], [100, 100, 0, 10], [70, 70, 70, 0], [100, 100, 100, 0]) <= 0).all()
