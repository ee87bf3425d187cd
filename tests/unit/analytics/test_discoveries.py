"""Control of false discoveries, against the published case and by simulation with a fixed seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_analytics.analytics.discoveries import e_discoveries, e_false_share, p_discoveries, p_false_share

# Benjamini and Hochberg 1995, section 4.1: fifteen p-values of a trial; four are told at 5 %.
PUBLISHED = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
PUBLISHED += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000]


def test_the_published_trial_has_four_discoveries() -> None:
    assert p_discoveries(PUBLISHED).tolist() == [True] * 4 + [False] * 11


def test_e_values_are_told_by_the_rule_of_wang_and_ramdas() -> None:
    """Of 5 at 20 %: the k-th largest must be at least 5 / (0.2 k) = 25, 12.5, 8.33, 6.25, 5."""
    assert e_discoveries(np.log([30, 13, 7, 6.3, 1]), 0.2).tolist() == [True, True, True, True, False]
    assert e_discoveries(np.log([24, 13, 7, 6, 1]), 0.2).tolist() == [True, True, False, False, False]
    assert e_discoveries(np.log([24, 12, 7, 6, 1]), 0.2).tolist() == [False] * 5


def test_equal_values_are_told_together() -> None:
    assert p_discoveries([0.02, 0.02, 0.9], 0.05).tolist() == [True, True, False]
    assert p_discoveries([0.05] * 4, 0.05).all()
    assert e_discoveries(np.log([20.01] * 4), 0.05).all()


def test_nothing_tested_gives_nothing() -> None:
    assert p_discoveries([]).shape == e_discoveries([]).shape == (0,)
    assert not p_discoveries([np.nan, np.nan]).any()


def test_what_was_not_tested_is_not_told_and_does_not_count() -> None:
    assert p_discoveries([0.04, np.nan, np.nan]).tolist() == [True, False, False]
    assert e_discoveries([np.log(21), np.nan, np.nan]).tolist() == [True, False, False]
    assert not e_discoveries([-np.inf, 0.0]).any()


def test_impossible_values_are_a_defect_of_the_caller() -> None:
    with pytest.raises(ValueError, match="p-values"):
        p_discoveries([1.2])
    for wrong in (0.0, 1.0, 5.0):
        with pytest.raises(ValueError, match="false_share"):
            e_discoveries([1.0], wrong)


@given(st.lists(st.floats(0, 1), max_size=40), st.floats(0.01, 0.5))
def test_p_discoveries_follow_the_step_up_rule_as_it_is_written(values: list[float], false_share: float) -> None:
    ordered = sorted(values)
    last = max((i for i, p in enumerate(ordered, 1) if p * len(values) / i <= false_share), default=0)
    limit = ordered[last - 1] if last else -1.0
    assert p_discoveries(values, false_share).tolist() == [p <= limit for p in values]


@given(st.lists(st.floats(-5, 20), min_size=1, max_size=40))
def test_more_evidence_never_needs_a_greater_false_share(log_evidence: list[float]) -> None:
    order = np.argsort(log_evidence)
    assert (np.diff(e_false_share(log_evidence)[order]) <= 0).all()
    assert (np.diff(p_false_share(np.exp(-np.abs(log_evidence)))[np.argsort(np.abs(log_evidence))]) <= 0).all()


def test_of_what_is_told_at_most_the_false_share_is_false() -> None:
    """4,000 runs of 50 findings, 40 of them false. For p-values the average is 0.8 × 10 % = 8 %; the share told wrongly
    varies by at most 0.5 from run to run, so that four standard errors are 4 × 0.5 / sqrt(4,000) = 3.2 points. e-values
    promise at most 8 %, however the findings hang together: here all share one draw.
    """
    rng = np.random.default_rng(31)
    runs, false, true = 4_000, 40, 10
    normal = rng.standard_normal((runs, false + true))
    shared = 0.6 * normal[:, :1] + 0.8 * normal
    effect = np.concatenate([np.zeros(false), np.full(true, 3.5)])
    from scipy.stats import norm

    p_values = norm.sf(normal + effect)
    log_e = 2.5 * (shared + effect) - 2.5**2 / 2 * (0.6 + 0.8) ** 2  # e of a normal of at most that deviation
    for told in (
        np.array([p_discoveries(one, 0.1) for one in p_values]),
        np.array([e_discoveries(one, 0.1) for one in log_e]),
    ):
        wrong = told[:, :false].sum(axis=1) / np.maximum(told.sum(axis=1), 1)
        assert wrong.mean() <= 0.08 + 0.032
        assert told[:, false:].mean() > 0.1
