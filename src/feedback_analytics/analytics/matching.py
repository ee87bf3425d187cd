"""A comparison of two kinds of articles, each only with its like: estimated, with an interval. Pure.

Written for AI-generated against human-written articles, matched on topic, length and week. The strata say which
articles are alike; the article is the unit, not the vote, since votes on one article go together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from feedback_analytics.analytics.intervals import Numbers, counts_of


class Comparison(NamedTuple):
    """Share of the marked articles minus share of the others, within strata; difference and bounds in [-1, 1].

    marked and others: articles that count, being in a stratum that has both; votes: theirs. difference and bounds are
    NaN when no stratum has both, and the bounds -1 and 1 when there are too few articles for an error to be seen.
    correlation: of two votes on one article, beyond what stratum and mark explain.
    """

    difference: float
    low: float
    high: float
    marked: int
    others: int
    votes: int
    strata: int
    correlation: float


def matched_difference(
    useful: ArrayLike, votes: ArrayLike, is_marked: ArrayLike, strata: ArrayLike, level: float = 0.95
) -> Comparison:
    """How much more useful readers find marked articles than others of the same stratum. One row per article.

    One-dimensional arrays of one length; is_marked boolean; strata any comparable values, say one number per topic,
    length band and week. Counts with 0 <= useful <= votes; articles without votes are left out, and strata in which all
    articles are marked or none is. With one stratum for all it is the plain comparison, for setting beside.

    1. Weigh articles by n / (1 + (n-1) rho): many votes on one article say less than the same on many.
    2. Regress their shares on the mark, with one level per stratum. The estimate is the strata's differences, averaged.
    3. Take the error from the articles' own scatter, not from a formula for votes.

    Valid for one look, and for articles that do not share readers much: a reader's habits across articles are not seen.
    Raises ValueError when useful > votes.
    Source: weights of Mantel and Haenszel 1959 generalised by Kleinman 1973, JASA 68, 46-54; variance HC2 with
    Satterthwaite's degrees of freedom, Bell and McCaffrey 2002, Survey Methodology 28, 169-181.
    """
    x, n = counts_of(useful, votes)
    mark = np.asarray(is_marked, dtype=np.float64)
    _, stratum = np.unique(np.asarray(strata), return_inverse=True)
    kept = _has_both(n, mark, stratum)[stratum] & (n > 0)
    if not kept.any():
        return Comparison(np.nan, np.nan, np.nan, 0, 0, 0, 0, np.nan)
    _, stratum = np.unique(stratum[kept], return_inverse=True)
    x, n, mark = x[kept], n[kept], mark[kept]
    rho = _correlation(x, n, _Fit.of(x / n, mark, stratum, n))
    fit = _Fit.of(x / n, mark, stratum, n / (1 + (n - 1) * rho))
    error, freedom = fit.error()
    half = float(stdtrit(freedom, 0.5 + level / 2)) * error if freedom > 0 else np.inf
    low, high = max(fit.slope - half, -1.0), min(fit.slope + half, 1.0)
    marked = int(mark.sum())
    return Comparison(fit.slope, low, high, marked, mark.size - marked, int(n.sum()), int(stratum.max()) + 1, rho)


class _Fit(NamedTuple):
    """Weighted least squares of shares on a mark with one level per stratum."""

    slope: float
    residual: Numbers
    centred: Numbers  # the mark, less its weighted mean in the stratum
    weight: Numbers
    stratum: NDArray[np.intp]
    stratum_weight: Numbers
    spread: float

    @classmethod
    def of(cls, share: Numbers, mark: Numbers, stratum: NDArray[np.intp], weight: Numbers) -> _Fit:
        total = np.asarray(np.bincount(stratum, weight), dtype=np.float64)
        centred = mark - (np.bincount(stratum, weight * mark) / total)[stratum]
        level = (np.bincount(stratum, weight * share) / total)[stratum]
        spread = float(np.sum(weight * centred**2))
        slope = float(np.sum(weight * centred * share)) / spread
        return cls(slope, share - level - slope * centred, centred, weight, stratum, total, spread)

    @property
    def leverage(self) -> Numbers:
        """How far each article draws the fit to itself, in (0, 1]."""
        return self.weight / self.stratum_weight[self.stratum] + self.weight * self.centred**2 / self.spread

    def error(self) -> tuple[float, float]:
        """Standard error of the slope and its degrees of freedom; 0 of these when there is no scatter to learn from."""
        free = 1 - self.leverage
        told = free > 1e-9
        factor = np.where(told, self.weight**2 * self.centred**2 / np.where(told, free, 1.0), 0.0)
        variance = float(np.sum(factor * self.residual**2)) / self.spread**2
        return float(np.sqrt(variance)), self._freedom(factor)

    def _freedom(self, factor: Numbers) -> float:
        """2 mean^2 / variance of the variance's estimate, for errors of variance 1 / weight.

        Needs all covariances of residuals. They are -(1/W + c c'/S) within a stratum and -c c'/S between strata, so
        that the sum over all pairs is a sum over strata.
        """
        c, w, s = self.centred, self.weight, self.spread
        shrunk = 1 / self.stratum_weight[self.stratum] + c**2 / s
        mean = float(np.sum(factor * (1 / w - shrunk)))
        by_stratum = [np.bincount(self.stratum, factor * c**power) for power in range(3)]
        within = np.sum((by_stratum[0] / self.stratum_weight) ** 2 + 2 * by_stratum[1] ** 2 / self.stratum_weight / s)
        pairs = within + (by_stratum[2].sum() / s) ** 2 + np.sum(factor**2 * (1 / w**2 - 2 * shrunk / w))
        return mean**2 / float(pairs) if pairs > 0 and mean > 0 else 0.0


def _has_both(n: Numbers, mark: Numbers, stratum: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Per stratum: whether it has marked articles and others, with votes."""
    marked, others = np.bincount(stratum, mark * (n > 0)), np.bincount(stratum, (1 - mark) * (n > 0))
    both: NDArray[np.bool_] = (marked > 0) & (others > 0)
    return both


def _correlation(x: Numbers, n: Numbers, fit: _Fit) -> float:
    """Correlation of two votes on one article, by the moments of residuals of a fit weighted by votes; in [0, 0.99]."""
    level = np.clip(x / n - fit.residual, 0.01, 0.99)
    chance = level * (1 - level) * (1 - fit.leverage)
    room = float(np.sum(chance * (n - 1)))
    excess = float(np.sum(n * fit.residual**2) - np.sum(chance))
    return float(np.clip(excess / room, 0.0, 0.99)) if room > 0 else 0.0
