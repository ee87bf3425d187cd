"""How far apart two shares are, and how sure that is. Pure; arrays or single numbers alike.

For one look: `difference_interval` (other readers on each side) and `paired_difference_interval` (the same readers).
For numbers that are watched: `running_difference_interval` and `difference_evidence` while both sides grow, and
`drop_evidence` for a window of votes against what was before it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaln

from feedback_analytics.analytics.intervals import Interval, Numbers, counts_of, log_evidence, wilson_interval

_HALVINGS = 60
# Of a range of 100 in the logarithm of a slope: leaves it exact to 1e-16.
_BASE_HALVINGS = 22
# Of [0, 1]: the least of a flat curve; for a million votes the evidence is then within 1e-6 of its least.


def difference_interval(
    useful: ArrayLike, votes: ArrayLike, other_useful: ArrayLike, other_votes: ArrayLike, level: float = 0.95
) -> Interval:
    """Range of differences, share minus other share, that the votes of other readers on each side leave plausible.

    Counts with 0 <= useful <= votes. Bounds are differences in [-1, 1]; the whole of it when a side has no votes.
    Valid for one look.

    Raises ValueError when useful > votes.
    Source: Newcombe 1998, Statistics in Medicine 17, 873-890, method 10.
    """
    (x, n), (y, m) = counts_of(useful, votes), counts_of(other_useful, other_votes)
    one, other = wilson_interval(x, n, level), wilson_interval(y, m, level)
    return _where_told((n > 0) & (m > 0), squared_and_added(_observed(x, n), one, _observed(y, m), other))


def paired_difference_interval(
    both: ArrayLike, only_first: ArrayLike, only_second: ArrayLike, neither: ArrayLike, level: float = 0.95
) -> Interval:
    """Range of differences, first share minus second, when the same readers answered both.

    Counts of readers >= 0: who found both useful, only the first, only the second, neither. Bounds in [-1, 1]; without
    readers the whole of it. Valid for one look.

    Raises ValueError for a count below 0.
    Source: Newcombe 1998, Statistics in Medicine 17, 2635-2650, method 10: Wilson's intervals without continuity
    correction, squared and added with the correlation phi, whose numerator is moved n/2 towards 0 when positive.
    """
    a, b, c, d = (np.asarray(count, dtype=np.float64) for count in (both, only_first, only_second, neither))
    if any(np.any(count < 0) for count in (a, b, c, d)):
        raise ValueError("counts of readers must be 0 or more")
    n = a + b + c + d
    one, other = wilson_interval(a + b, n, level), wilson_interval(a + c, n, level)
    product = (a + b) * (c + d) * (a + c) * (b + d)
    cross = a * d - b * c
    cross = np.where(cross > 0, np.maximum(cross - n / 2, 0.0), cross)
    phi = np.where(product > 0, cross / np.sqrt(np.maximum(product, 1.0)), 0.0)
    return _where_told(n > 0, squared_and_added(_observed(a + b, n), one, _observed(a + c, n), other, phi))


def squared_and_added(
    value: Numbers, interval: Interval, other_value: Numbers, other: Interval, correlation: ArrayLike = 0.0
) -> Interval:
    """The interval of value minus other value, from the interval of each; their distances add up as squares do.

    Bounds are kept in [-1, 1].
    Source: Newcombe 1998 as above; for any two estimates Zou and Donner 2008, Statistics in Medicine 27, 1693-1702.
    """
    r = np.asarray(correlation, dtype=np.float64)
    below, above = value - interval.low, interval.high - value
    other_below, other_above = other_value - other.low, other.high - other_value
    down = np.sqrt(np.maximum(below**2 + other_above**2 - 2 * r * below * other_above, 0.0))
    up = np.sqrt(np.maximum(above**2 + other_below**2 - 2 * r * above * other_below, 0.0))
    gap = value - other_value
    return Interval(np.maximum(gap - down, -1.0), np.minimum(gap + up, 1.0))


def running_difference_interval(
    useful: ArrayLike, votes: ArrayLike, other_useful: ArrayLike, other_votes: ArrayLike, level: float = 0.95
) -> Interval:
    """Range of differences, share minus other share, that holds at every number of votes on both sides at once.

    Counts with 0 <= useful <= votes. Bounds in [-1, 1]. However often one looks, and in whatever order the two sides
    grow, the chance that the true difference is ever outside is at most 1 - level.

    Raises ValueError when useful > votes.
    Source: the product of the two mixture martingales of `running_interval` is one for the pair of shares; the pairs
    it leaves plausible (Ville) are projected on their difference.
    """
    (x, n), (y, m) = counts_of(useful, votes), counts_of(other_useful, other_votes)
    x, n, y, m = np.broadcast_arrays(x, n, y, m)
    limit = betaln(1 + x, 1 + n - x) + betaln(1 + y, 1 + m - y) + np.log1p(-level)
    return Interval(-_furthest(y, m, x, n, limit), _furthest(x, n, y, m, limit))


def difference_evidence(
    useful: ArrayLike,
    votes: ArrayLike,
    other_useful: ArrayLike,
    other_votes: ArrayLike,
    difference: ArrayLike = 0.0,
) -> Numbers:
    """Natural logarithm of the evidence against a difference of the two shares, an e-value that may be watched.

    difference in (-1, 1), share minus other share; 0 asks whether they are equal. It exceeds log(1/alpha) with chance
    at most alpha, ever. The ends of `running_difference_interval` are where it reaches its limit.

    Raises ValueError when useful > votes.
    Source: mixture over greatest likelihood under the null; Wasserman, Ramdas and Balakrishnan 2020, PNAS 117,
    16880-16890 (universal inference), section on running tests.
    """
    (x, n), (y, m) = counts_of(useful, votes), counts_of(other_useful, other_votes)
    x, n, y, m, gap = np.broadcast_arrays(x, n, y, m, np.asarray(difference, dtype=np.float64))
    if np.any(gap):
        best = _greatest_likelihood(x, n, y, m, gap)
    else:
        best = _log_likelihood(x + y, n + m, _observed(x + y, n + m))
    evidence: Numbers = betaln(1 + x, 1 + n - x) + betaln(1 + y, 1 + m - y) - best
    return evidence


def drop_evidence(
    useful: ArrayLike, votes: ArrayLike, base_useful: ArrayLike, base_votes: ArrayLike, at_least: float = 0.0
) -> Numbers:
    """Natural logarithm of the evidence that a share fell by more than `at_least` below what it was: an e-value.

    useful of votes: the window, whose start is fixed and which may be watched while it grows. base_useful of
    base_votes: what was before the start. at_least in [0, 1), a difference of shares. Against every pair of shares
    that did not fall so far it exceeds log(1/alpha) with chance at most alpha, ever; 0 or less says nothing.
    A new window is a new question: test a handful of starts as a family, with `e_discoveries`.

    Raises ValueError when useful > votes.
    Source: the mixture martingale of the window, times the e-value 1/(2 sqrt(P)) of the base, where P is the exact
    one-sided p-value of a base share (Vovk and Wang 2021, Annals of Statistics 49, 1736-1754), at its least over the
    pairs. A second mixture for the base would cost log(sqrt(base votes)) more: docs/decisions/0005.
    """
    (x, n), (y, m) = counts_of(useful, votes), counts_of(base_useful, base_votes)
    x, n, y, m = np.broadcast_arrays(x, n, y, m)
    recent = _observed(x, n)
    # The least it can be; it stands where no drop is seen, and where there was nothing before.
    evidence: Numbers = np.array(log_evidence(x, n, recent) - np.log(2))
    told = np.asarray((m > 0) & (n > 0) & (recent + at_least < _observed(y, m)))
    if told.any():
        base = _most_plausible_base(x[told], n[told], y[told], m[told], at_least)
        p_value = betainc(y[told], m[told] - y[told] + 1, base)
        window = log_evidence(x[told], n[told], base - at_least)
        with np.errstate(divide="ignore"):
            np.place(evidence, told, window - np.log(2) - 0.5 * np.log(p_value))
    return evidence


def _most_plausible_base(useful: Numbers, votes: Numbers, base: Numbers, base_votes: Numbers, gap: float) -> Numbers:
    """The base share at which a window `gap` below it and the base together speak least against no drop.

    The logarithm of the product is convex in the base share: the window's part because the likelihood of votes is log
    concave, the base's because the distribution function of Beta is. So its slope has one change of sign.
    """
    low, high = useful / votes + gap, np.ones_like(useful)
    beta = betaln(base, base_votes - base + 1)
    for _ in range(_BASE_HALVINGS):
        middle = (low + high) / 2
        share = middle - gap
        with np.errstate(divide="ignore", invalid="ignore"):
            window = (votes - useful) / (1 - share) - useful / share
            density = np.exp((base - 1) * np.log(middle) + (base_votes - base) * np.log1p(-middle) - beta)
            falls = window - 0.5 * density / betainc(base, base_votes - base + 1, middle)
        is_left = ~(falls >= 0)  # not a number where the base rules the share out: the least lies to the right
        low, high = np.where(is_left, middle, low), np.where(is_left, high, middle)
    return (low + high) / 2


def _furthest(x: Numbers, n: Numbers, y: Numbers, m: Numbers, limit: Numbers) -> Numbers:
    """The greatest difference of shares whose log likelihood is at least limit."""
    low, high = np.full(x.shape, -40.0), np.full(x.shape, 60.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        p, q = _apart(x, n, y, m, np.exp(middle))
        is_in = _log_likelihood(x, n, p) + _log_likelihood(y, m, q) >= limit
        low, high = np.where(is_in, middle, low), np.where(is_in, high, middle)
    p, q = _apart(x, n, y, m, np.exp(low))
    difference: Numbers = p - q
    return difference


def _greatest_likelihood(x: Numbers, n: Numbers, y: Numbers, m: Numbers, gap: Numbers) -> Numbers:
    """The greatest log likelihood of shares that differ by gap, in (-1, 1)."""
    is_above = gap >= _observed(x, n) - _observed(y, m)
    best: Numbers = np.where(is_above, _likelihood_at(x, n, y, m, gap), _likelihood_at(y, m, x, n, -gap))
    return best


def _likelihood_at(x: Numbers, n: Numbers, y: Numbers, m: Numbers, gap: Numbers) -> Numbers:
    """The greatest log likelihood of shares that differ by gap, which is at least the observed difference."""
    low, high = np.full(x.shape, -40.0), np.full(x.shape, 60.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        p, q = _apart(x, n, y, m, np.exp(middle))
        is_short = p - q < gap
        low, high = np.where(is_short, middle, low), np.where(is_short, high, middle)
    p, q = _apart(x, n, y, m, np.exp(low))
    best: Numbers = _log_likelihood(x, n, p) + _log_likelihood(y, m, q)
    return best


def _apart(x: Numbers, n: Numbers, y: Numbers, m: Numbers, slope: Numbers) -> tuple[Numbers, Numbers]:
    """The pair of shares, first above its observation and second below, at which one more point costs `slope` each.

    Along a bound of the likelihood the extreme difference lies where both log likelihoods have the same slope, so that
    pairs need one number to be searched, not two.
    """
    return 1 - _below(n - x, n, slope), _below(y, m, slope)


def _below(x: Numbers, n: Numbers, slope: Numbers) -> Numbers:
    """The share p <= x/n at which x/p - (n-x)/(1-p) equals slope > 0; 0 without votes."""
    root = np.sqrt((slope - n) ** 2 + 4 * slope * (n - x))
    share: Numbers = 2 * x / (slope + n + root)
    return share


def _log_likelihood(x: Numbers, n: Numbers, share: Numbers) -> Numbers:
    with np.errstate(divide="ignore", invalid="ignore"):
        useful = np.where(x > 0, x * np.log(share), 0.0)
        rest = np.where(n - x > 0, (n - x) * np.log1p(-share), 0.0)
    likelihood: Numbers = useful + rest
    return likelihood


def _observed(x: Numbers, n: Numbers) -> Numbers:
    return np.where(n > 0, x / np.maximum(n, 1.0), 0.5)


def _where_told(told: NDArray[np.bool_], interval: Interval) -> Interval:
    """The interval, and all differences there are where nothing is told."""
    return Interval(np.where(told, interval.low, -1.0), np.where(told, interval.high, 1.0))
