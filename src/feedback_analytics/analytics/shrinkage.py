"""A share drawn towards its group, as far as its own votes are too few to speak for themselves. Pure.

Each group of targets (a topic, a kind of section) has a prior: the Beta distribution that its members' true shares seem
to come from, told as votes it is worth. A member's shrunk share is the mean of what prior and votes say together.

    prior = group_priors(useful, votes, topics)
    shrunk_share(useful, votes, prior)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv, digamma, gammaln

from feedback_analytics.analytics.intervals import Interval, Numbers, counts_of

MEMBERS_NEEDED = 10
# Members with votes. Below this a group's own spread can hardly be told from chance: it takes the
# prior of all groups together.
MOST_VOTES, LEAST_VOTES = 9_999.0, 1 / 0.99 - 1
# What a prior may be worth: correlation of two votes within a member from 1e-4 to 0.99.

_STEPS = 50
_STILL = 1e-4
# Of the logit of a share and of the logarithm of a weight: a hundredth of a per cent.
_DIFFERENCE = 1e-4


class Prior(NamedTuple):
    """Votes a prior is worth, > 0: Beta(useful, not_useful). Numbers, or arrays of the shape of the counts."""

    useful: Numbers
    not_useful: Numbers


def group_priors(useful: ArrayLike, votes: ArrayLike, groups: ArrayLike) -> Prior:
    """The prior of each target's group, one per row.

    One-dimensional arrays of one length; groups holds any comparable values. Counts with 0 <= useful <= votes; targets
    without votes teach nothing and get a prior all the same. Per group:

    - the share and the weight that maximise the marginal likelihood of its members, the beta-binomial;
    - the weight at most the votes it was learnt from and 9,999, also when members differ no more than chance lets them;
    - all useful, or none: the share (useful + 1/2) / (votes + 1), the weight at that bound;
    - fewer than 10 members with votes: the prior of all groups together; if these are fewer than 10, Beta(1, 1).

    Raises ValueError when useful > votes.
    Source: Kleinman 1973, JASA 68, 46-54, for the moment fit it starts from; Griffiths 1973, Biometrics 29, 637-648,
    for the likelihood. By Newton's method, all groups at once.
    """
    x, n = counts_of(useful, votes)
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    own = _fit(x, n, group, int(group.max(initial=-1)) + 1)
    enough = np.bincount(group, n > 0, minlength=own.useful.size) >= MEMBERS_NEEDED
    general = own if enough.all() else _general_prior(x, n)
    return Prior(
        np.where(enough, own.useful, general.useful)[group], np.where(enough, own.not_useful, general.not_useful)[group]
    )


def shrunk_share(useful: ArrayLike, votes: ArrayLike, prior: Prior) -> Numbers:
    """The share to expect of the target's next readers, in (0, 1): the mean of prior and votes together.

    Raises ValueError when useful > votes.
    Source: posterior mean of the beta-binomial; Efron and Morris 1975, JASA 70, 311-319.
    """
    a, b = _posterior(useful, votes, prior)
    return a / (a + b)


def shrunk_interval(useful: ArrayLike, votes: ArrayLike, prior: Prior, level: float = 0.95) -> Interval:
    """Where the true share lies with chance `level`, if the target is one of its group. Shares in [0, 1].

    It takes the prior as known, and holds on average over the group, not for each member: for the verdict on one
    target use `running_interval`. Raises ValueError when useful > votes.
    Source: equal-tailed quantiles of the posterior Beta(useful + a, votes - useful + b).
    """
    a, b = _posterior(useful, votes, prior)
    tail = (1 - level) / 2
    return Interval(betaincinv(a, b, tail), betaincinv(a, b, 1 - tail))


def chance_above(useful: ArrayLike, votes: ArrayLike, prior: Prior, share: ArrayLike) -> Numbers:
    """The chance that the true share lies above `share`, say the typical one; in [0, 1]. Raises as `shrunk_share`."""
    a, b = _posterior(useful, votes, prior)
    # The upper tail as the lower one of the mirrored Beta: scipy's betaincc takes five times as long.
    chance: Numbers = betainc(b, a, 1 - np.asarray(share, dtype=np.float64))
    return chance


def _general_prior(x: Numbers, n: Numbers) -> Prior:
    if np.count_nonzero(n) < MEMBERS_NEEDED:
        return Prior(np.ones(1), np.ones(1))
    return _fit(x, n, np.zeros(x.size, dtype=np.intp), 1)


def _posterior(useful: ArrayLike, votes: ArrayLike, prior: Prior) -> tuple[Numbers, Numbers]:
    x, n = counts_of(useful, votes)
    return x + prior.useful, n - x + prior.not_useful


def _fit(x: Numbers, n: Numbers, group: NDArray[np.intp], groups: int) -> Prior:
    """One prior per group, by greatest marginal likelihood within the bounds of the weight."""
    total, useful = np.bincount(group, n, groups), np.bincount(group, x, groups)
    most = np.log(np.clip(total, 1.0, MOST_VOTES))
    mixed = (useful > 0) & (useful < total)
    share = np.where(mixed, useful / np.maximum(total, 1.0), (useful + 0.5) / (total + 1))
    logit, log_weight = np.log(share / (1 - share)), np.minimum(_moment_weight(x, n, group, share), most)
    log_weight = np.where(mixed, log_weight, most)
    rows = mixed[group] & (n > 0)
    if rows.any():
        logit, log_weight = _climb(_Counts(x[rows], n[rows], group[rows], groups), logit, log_weight, most)
    share, weight = 1 / (1 + np.exp(-logit)), np.exp(log_weight)
    return Prior(share * weight, (1 - share) * weight)


def _moment_weight(x: Numbers, n: Numbers, group: NDArray[np.intp], share: Numbers) -> Numbers:
    """Logarithm of the weight by the moments of the members' shares around their group's.

    With k members, N votes, S the weighted sum of squares: rho = (S/(m(1-m)) - (k-1)) / (N - sum(n^2)/N - (k-1)).
    """
    groups, some = share.size, np.maximum(n, 1.0)
    squares = np.bincount(group, n * (x / some - share[group]) ** 2, groups)
    total, members = np.bincount(group, n, groups), np.bincount(group, n > 0, groups) - 1.0
    room = total - np.bincount(group, n**2, groups) / np.maximum(total, 1.0) - members
    excess = squares / (share * (1 - share)) - members
    rho = np.clip(np.where(room > 0, excess / np.where(room > 0, room, 1.0), 0.0), 1e-4, 0.99)
    return np.log(1 / rho - 1)


class _Counts(NamedTuple):
    """Members with votes, and the group of each."""

    x: Numbers
    n: Numbers
    group: NDArray[np.intp]
    groups: int

    def of(self, chosen: NDArray[np.bool_]) -> _Counts:
        """The members of the chosen groups, which are numbered anew."""
        rows = chosen[self.group]
        number = np.cumsum(chosen) - 1
        return _Counts(self.x[rows], self.n[rows], number[self.group[rows]], int(chosen.sum()))

    def log_likelihood(self, logit: Numbers, log_weight: Numbers) -> Numbers:
        """Per group, up to what does not depend on the prior."""
        a, b = _pseudo_votes(logit, log_weight)
        likelihood: Numbers = (
            self._rise(gammaln, self.x, a)
            + self._rise(gammaln, self.n - self.x, b)
            - self._rise(gammaln, self.n, a + b)
        )
        return likelihood

    def slopes(self, logit: Numbers, log_weight: Numbers) -> tuple[Numbers, Numbers]:
        """Per group, of the log likelihood by logit of the share and by logarithm of the weight."""
        a, b = _pseudo_votes(logit, log_weight)
        whole = self._rise(digamma, self.n, a + b)
        by_a, by_b = self._rise(digamma, self.x, a) - whole, self._rise(digamma, self.n - self.x, b) - whole
        return (by_a - by_b) * a * b / (a + b), by_a * a + by_b * b

    def _rise(self, of: Callable[[Numbers], Numbers], count: Numbers, start: Numbers) -> Numbers:
        """Sum over members of of(count + start) - of(start)."""
        members = np.bincount(self.group, minlength=self.groups)
        return np.bincount(self.group, of(count + start[self.group]), self.groups) - members * of(start)


def _climb(counts: _Counts, logit: Numbers, log_weight: Numbers, most: Numbers) -> tuple[Numbers, Numbers]:
    """Newton's method with shortened steps; the weight stays within its bounds. A group rests once it moves < 1e-4."""
    logit, log_weight = logit.copy(), log_weight.copy()
    moving = np.bincount(counts.group, minlength=counts.groups) > 0
    length, height = np.ones_like(logit), counts.log_likelihood(logit, log_weight)
    for _ in range(_STEPS):
        some, at, weight, bound = counts.of(moving), logit[moving], log_weight[moving], most[moving]
        step, weight_step = _newton_step(some, at, weight, bound)
        new = at + length[moving] * step
        new_weight = np.clip(weight + length[moving] * weight_step, np.log(LEAST_VOTES), bound)
        there = some.log_likelihood(new, new_weight)
        better = there >= height[moving]
        size = np.maximum(np.abs(new - at), np.abs(new_weight - weight))
        logit[moving], log_weight[moving] = np.where(better, new, at), np.where(better, new_weight, weight)
        height[moving] = np.where(better, there, height[moving])
        length[moving] = np.where(better, 1.0, length[moving] / 4)
        moving[moving] = size >= _STILL
        if not moving.any():
            break
    return logit, log_weight


def _newton_step(counts: _Counts, logit: Numbers, log_weight: Numbers, most: Numbers) -> tuple[Numbers, Numbers]:
    """The step to the top of the local parabola, at most 2; uphill where the likelihood is not concave."""
    h = _DIFFERENCE
    g1, g2 = counts.slopes(logit, log_weight)
    right, up = counts.slopes(logit + h, log_weight), counts.slopes(logit, log_weight + h)
    h11, h12, h22 = (right[0] - g1) / h, (up[0] - g1) / h, (up[1] - g2) / h
    held = ((log_weight >= most) & (g2 > 0)) | ((log_weight <= np.log(LEAST_VOTES)) & (g2 < 0))
    h12, g2 = np.where(held, 0.0, h12), np.where(held, 0.0, g2)
    h11, h22 = np.minimum(h11, -1e-9), np.where(held | (h22 >= 0), -np.abs(h22) - 1e-9, h22)
    determinant = h11 * h22 - h12**2
    concave = determinant > 1e-12 * h11 * h22
    safe = np.where(concave, determinant, 1.0)
    step = np.where(concave, (h12 * g2 - h22 * g1) / safe, -g1 / h11)
    weight_step = np.where(concave, (h12 * g1 - h11 * g2) / safe, -g2 / h22)
    return np.clip(step, -2, 2), np.clip(weight_step, -2, 2)


def _pseudo_votes(logit: Numbers, log_weight: Numbers) -> tuple[Numbers, Numbers]:
    weight = np.exp(log_weight)
    return weight / (1 + np.exp(-logit)), weight / (1 + np.exp(logit))
