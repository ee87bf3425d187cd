"""Shares drawn towards their group, against a published fit and by simulation with a fixed seed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import betaln, gammaln
from scipy.stats import beta

from feedback_analytics.analytics.shrinkage import (
    MOST_VOTES,
    Prior,
    chance_above,
    group_priors,
    shrunk_interval,
    shrunk_share,
)

# Geissler's families of twelve children in Saxony, 1889, by number of boys: Lindsey and Altham 1998, Applied Statistics
# 47, 149-157. Moment fit 34.1350, 31.6085; greatest likelihood 34.09558, 31.5715, its logarithm -12492.9.
FAMILIES = [3, 24, 104, 286, 670, 1033, 1343, 1112, 829, 478, 181, 45, 7]


def test_the_prior_is_the_published_fit_of_greatest_likelihood() -> None:
    """The likelihood is flat there: the published numbers stop at a relative 2e-4 from the top."""
    boys = np.repeat(np.arange(13), FAMILIES)
    prior = group_priors(boys, np.full(boys.size, 12), np.zeros(boys.size))
    a, b = float(prior.useful[0]), float(prior.not_useful[0])
    assert (a, b) == pytest.approx((34.09558, 31.5715), rel=1e-3)
    choose = gammaln(13) - gammaln(boys + 1) - gammaln(13 - boys)
    likelihood = np.sum(choose + betaln(boys + a, 12 - boys + b) - betaln(a, b))
    assert round(float(likelihood), 1) == -12492.9


def test_the_prior_finds_what_two_thousand_articles_were_drawn_from() -> None:
    """Beta(14, 6). Standard error of the mean: sqrt(0.21 / 21 / 2,000) = 0.0022 and the chance of votes; of the weight,
    20 × sqrt(2 / 2,000) = 0.63 and more for the chance of votes, which doubles it at most. Four of each.
    """
    rng = np.random.default_rng(3)
    votes = rng.integers(3, 200, 2_000)
    prior = group_priors(rng.binomial(votes, rng.beta(14, 6, 2_000)), votes, np.zeros(2_000))
    weight = float(prior.useful[0] + prior.not_useful[0])
    assert float(prior.useful[0]) / weight == pytest.approx(0.7, abs=4 * 0.003)
    assert weight == pytest.approx(20, abs=4 * 1.26)


def test_each_group_is_fitted_by_itself() -> None:
    rng = np.random.default_rng(4)
    group = rng.integers(0, 5, 1_000)
    votes = rng.integers(0, 300, 1_000)
    useful = rng.binomial(votes, rng.beta(3 + 4 * group, 5))
    together = group_priors(useful, votes, np.array(list("abcde"))[group])
    for one in range(5):
        alone = group_priors(useful[group == one], votes[group == one], group[group == one])
        assert together.useful[group == one] == pytest.approx(alone.useful, rel=1e-6)
        assert together.not_useful[group == one] == pytest.approx(alone.not_useful, rel=1e-6)


def test_a_small_group_takes_the_prior_of_all_together() -> None:
    rng = np.random.default_rng(5)
    votes = np.full(100, 50)
    useful = rng.binomial(votes, rng.beta(14, 6, 100))
    group = np.array([0] * 97 + [1] * 3)
    prior, general = group_priors(useful, votes, group), group_priors(useful, votes, np.zeros(100))
    assert prior.useful[-1] == pytest.approx(general.useful[-1])
    assert prior.useful[0] != pytest.approx(general.useful[0], rel=1e-9)


def test_with_fewer_than_ten_members_in_all_nothing_is_presumed() -> None:
    for useful, votes in (([0, 5, 9], [0, 10, 9]), ([3], [4]), ([0] * 20, [0] * 20)):
        prior = group_priors(useful, votes, np.zeros(len(votes)))
        assert (prior.useful == 1).all() and (prior.not_useful == 1).all()
    assert group_priors([], [], []).useful.shape == (0,)


def test_members_that_all_agree_weigh_no_more_than_their_votes() -> None:
    all_useful = group_priors([2] * 10, [2] * 10, [0] * 10)
    assert all_useful.useful[0] + all_useful.not_useful[0] == pytest.approx(20)
    assert all_useful.useful[0] / 20 == pytest.approx(20.5 / 21)
    none_useful = group_priors([0] * 10, [2] * 10, [0] * 10)
    assert none_useful.useful[0] / 20 == pytest.approx(0.5 / 21)
    all_alike = group_priors([6] * 10, [10] * 10, [0] * 10)
    assert all_alike.useful[0] + all_alike.not_useful[0] == pytest.approx(100, rel=1e-3)
    many = group_priors([6_000] * 10, [10_000] * 10, [0] * 10)
    assert many.useful[0] + many.not_useful[0] == pytest.approx(MOST_VOTES, rel=1e-3)


def test_members_that_are_all_or_nothing_leave_no_weight() -> None:
    prior = group_priors([0, 10] * 10, [10] * 20, [0] * 20)
    assert prior.useful[0] + prior.not_useful[0] == pytest.approx(1 / 0.99 - 1)


def test_few_votes_are_drawn_to_the_group_and_many_speak_for_themselves() -> None:
    prior = Prior(np.float64(14.0), np.float64(6.0))
    assert shrunk_share([0, 1, 900], [0, 1, 1_000], prior) == pytest.approx([0.7, 15 / 21, 914 / 1_020])
    assert (np.diff(np.subtract(*shrunk_interval([0, 7, 700], [0, 10, 1_000], prior)[::-1])) < 0).all()
    assert float(chance_above(0, 0, prior, beta(14, 6).median())) == pytest.approx(0.5)
    assert float(chance_above(90, 100, prior, 0.7)) > 0.99


def test_shrunk_shares_come_closer_to_the_truth_than_bare_ones() -> None:
    rng = np.random.default_rng(6)
    votes = rng.integers(1, 40, 3_000)
    truth = rng.beta(14, 6, 3_000)
    useful = rng.binomial(votes, truth)
    prior = group_priors(useful, votes, np.zeros(3_000))
    bare = np.mean((useful / votes - truth) ** 2)
    assert np.mean((shrunk_share(useful, votes, prior) - truth) ** 2) < bare / 2


def test_the_shrunk_interval_covers_95_percent_of_a_group() -> None:
    """20,000 members; four standard errors are 4 × sqrt(0.05 × 0.95 / 20,000) = 0.0062. The prior is itself estimated,
    from so many that it costs less than a thousandth.
    """
    rng = np.random.default_rng(7)
    votes = rng.integers(1, 200, 20_000)
    truth = rng.beta(14, 6, 20_000)
    useful = rng.binomial(votes, truth)
    interval = shrunk_interval(useful, votes, group_priors(useful, votes, np.zeros(20_000)))
    covered = np.mean((interval.low <= truth) & (truth <= interval.high))
    assert abs(covered - 0.95) < 0.0062 + 0.001


def test_impossible_counts_are_a_defect_of_the_caller() -> None:
    with pytest.raises(ValueError, match="0 <= useful <= votes"):
        group_priors([3], [2], [0])
    with pytest.raises(ValueError, match="0 <= useful <= votes"):
        shrunk_share(3, 2, Prior(np.float64(1.0), np.float64(1.0)))
