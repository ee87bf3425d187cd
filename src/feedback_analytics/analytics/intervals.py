"""How sure a share is: intervals for useful votes out of all votes. Pure; arrays or single numbers alike.

Two intervals, for two ways of looking. `wilson_interval` is right for one look at a number that has stopped moving.
`running_interval` stays right for a number that is watched while votes arrive, and is wider for it.
`jeffreys_interval` is Wilson's peer with equal tails; the reference when the two are compared with a posterior.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, betaln, ndtri

Numbers = NDArray[np.float64]


class Interval(NamedTuple):
    """Shares in [0, 1], low <= high; arrays of the shape of the counts."""

    low: Numbers
    high: Numbers


def wilson_interval(useful: ArrayLike, votes: ArrayLike, level: float = 0.95) -> Interval:
    """Range of shares of readers finding the target useful that the votes leave plausible.

    Counts with 0 <= useful <= votes. Bounds are shares in [0, 1]; without votes, the whole of [0, 1].
    Valid for one look: for a number watched as votes arrive use `running_interval`.

    Raises ValueError when useful > votes: that is a defect in the caller, not in the data.
    Source: Wilson 1927, JASA 22, 209-212. Checked against the worked cases in Newcombe 1998, Statistics in Medicine 17,
    857-872.
    """
    x, n = counts_of(useful, votes)
    z2 = float(ndtri(0.5 + level / 2)) ** 2
    some = np.maximum(n, 1.0)
    share = x / some
    centre = share + z2 / (2 * some)
    half = np.sqrt(z2 * (share * (1 - share) / some + z2 / (4 * some**2)))
    scale = 1 + z2 / some
    # At 0 of n and n of n the bound is 0 or 1 exactly; the formula leaves a rounding error there.
    low = np.where((x == 0) | (n == 0), 0.0, (centre - half) / scale)
    high = np.where((x == n) | (n == 0), 1.0, (centre + half) / scale)
    return Interval(low, high)


def jeffreys_interval(useful: ArrayLike, votes: ArrayLike, level: float = 0.95) -> Interval:
    """Range of shares that leaves half of 1 - level on each side, from no opinion beforehand.

    Counts with 0 <= useful <= votes. Low is 0 when no vote is useful and high is 1 when all are; without votes, the
    whole of [0, 1]. Valid for one look.

    Raises ValueError when useful > votes.
    Source: quantiles of Beta(useful + 1/2, votes - useful + 1/2); Brown, Cai and DasGupta 2001, Statistical Science 16,
    101-133, with their rule for the ends.
    """
    x, n = counts_of(useful, votes)
    tail = (1 - level) / 2
    low = np.where(x == 0, 0.0, betaincinv(x + 0.5, n - x + 0.5, tail))
    high = np.where(x == n, 1.0, betaincinv(x + 0.5, n - x + 0.5, 1 - tail))
    return Interval(low, high)


def running_interval(useful: ArrayLike, votes: ArrayLike, level: float = 0.95) -> Interval:
    """Range of shares that holds at every number of votes at once, however often one looks.

    Counts with 0 <= useful <= votes; whole numbers or, for a forecast, fractions. Without votes, the whole of [0, 1].
    With answers that are only added, the chance that the true share is ever outside is at most 1 - level.
    A share stays inside while the evidence against it, `log_evidence`, is below -log(1 - level).

    Raises ValueError when useful > votes.
    Source: confidence sequence of the beta-binomial mixture with prior Beta(1, 1); Robbins 1970; Howard, Ramdas,
    McAuliffe and Sekhon 2021, Annals of Statistics 49, 1055-1080.
    """
    x, n = counts_of(useful, votes)
    limit = betaln(1 + x, 1 + n - x) + np.log1p(-level)
    return Interval(_lower_root(x, n - x, limit), 1 - _lower_root(n - x, x, limit))


def log_evidence(useful: ArrayLike, votes: ArrayLike, share: ArrayLike) -> Numbers:
    """Natural logarithm of the evidence of the votes against a true share, an e-value: 0 for none.

    share in [0, 1]; infinite where the votes rule it out, such as share 0 with a useful vote.
    Source: the mixture martingale of `running_interval`; it exceeds log(1/alpha) with chance at most alpha, ever.
    """
    x, n = counts_of(useful, votes)
    p = np.asarray(share, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        likelihood = np.where(x == 0, 0.0, x * np.log(p)) + np.where(x == n, 0.0, (n - x) * np.log1p(-p))
    evidence: Numbers = betaln(1 + x, 1 + n - x) - likelihood
    return evidence


def counts_of(useful: ArrayLike, votes: ArrayLike) -> tuple[Numbers, Numbers]:
    """Useful votes and votes as arrays of floats. Raises ValueError unless 0 <= useful <= votes everywhere."""
    x, n = np.asarray(useful, dtype=np.float64), np.asarray(votes, dtype=np.float64)
    if np.any(x < 0) or np.any(x > n):
        raise ValueError("counts must satisfy 0 <= useful <= votes")
    return x, n


def _lower_root(hits: Numbers, misses: Numbers, limit: Numbers) -> Numbers:
    """The smaller p at which hits·log p + misses·log(1-p) equals limit; 0 without hits.

    Newton's method on u = log p. The function is concave in u and log(1-p) <= 0, so that u = limit / hits lies at or
    left of the root and each step stays left of it: no step can overshoot. Counts that have arrived are put aside.
    """
    hits, misses, limit = np.broadcast_arrays(hits, misses, limit)
    shape = hits.shape
    hits, misses, limit = hits.ravel(), misses.ravel(), limit.ravel()
    root = np.minimum(limit / np.maximum(hits, 1e-300), -1e-300)
    moving = np.flatnonzero(hits > 0)
    for _ in range(100):  # at most 40 needed for a thousand million votes; far fewer for usual counts
        u, x, y = root[moving], hits[moving], misses[moving]
        p = np.exp(u)
        slope = x + y * p / np.expm1(u)
        gap = limit[moving] - (x * u + y * np.log1p(-p))
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where((gap > 0) & (slope > 0), gap / slope, 0.0)
        root[moving] = np.minimum(u + step, -1e-300)
        moving = moving[step > 1e-12]
        if not moving.size:
            break
    lower: Numbers = np.where(hits > 0, np.exp(root), 0.0).reshape(shape)
    return lower
