"""What a share says against a reference: better, worse, close to it, or not yet. The one place where that is decided.

A verdict rests on `running_interval` (the thin line of every row), so that it may be read at any moment. A thick bar
that clears the reference is not enough.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, xlog1py, xlogy

from feedback_analytics.analytics.intervals import Interval, Numbers, running_interval

LEVEL = 0.95
# Chance that the intervals behind a verdict hold at every look.
MIN_VOTES = 10
# Below this no share is shown: Wilson's interval is then wider than half of the scale.
CLOSE = 0.05
# Share. A target whose interval lies within this distance of the reference is not worth an editor's time.
FORESEEN_VOTES = 5_000
# Votes. A verdict further off than this is told as "over 5,000 more votes".


class Verdict(StrEnum):
    """A closed set; tried in this order: too few, close, better or worse, can't tell."""

    TOO_FEW = "too_few"
    CLOSE = "close"
    BETTER = "better"
    WORSE = "worse"
    UNSURE = "unsure"


_IN_ORDER = [Verdict.TOO_FEW, Verdict.CLOSE, Verdict.BETTER, Verdict.WORSE, Verdict.UNSURE]


def verdicts(
    useful: ArrayLike, votes: ArrayLike, reference: ArrayLike, running: Interval | None = None
) -> NDArray[np.object_]:
    """One Verdict per count against its reference share.

    too_few below 10 votes; close when the running interval lies within 5 points of the reference; better or worse when
    it lies wholly on one side; else unsure. running: that interval, where it is known already.
    """
    n, r = np.asarray(votes, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    low, high = running or running_interval(useful, n, LEVEL)
    cases = [n < MIN_VOTES, (low >= r - CLOSE) & (high <= r + CLOSE), low > r, high < r]
    place = np.select(cases, range(len(cases)), default=len(cases))
    chosen: NDArray[np.object_] = np.array(_IN_ORDER, dtype=object)[place]
    return chosen


def votes_needed(useful: ArrayLike, votes: ArrayLike, reference: ArrayLike) -> Numbers:
    """How many more votes would bring a verdict if the share stayed as it is.

    Whole numbers from 0; infinite when more than 5,000 would not do. Below 10 votes: the votes missing to 10.
    """
    x, n, r = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (useful, votes, reference)))
    share = x / np.maximum(n, 1)
    settled = _is_settled(share, n, r)
    more = np.where(settled, 0.0, np.inf)
    # Only those are searched that will be settled in time and are not yet: often few of many.
    waiting = np.asarray(~settled & (n >= MIN_VOTES))
    waiting[waiting] = _is_settled(share[waiting], n[waiting] + FORESEEN_VOTES, r[waiting])
    short, enough = n[waiting], n[waiting] + FORESEEN_VOTES
    for _ in range(int(np.ceil(np.log2(FORESEEN_VOTES))) + 1):
        middle = np.floor((short + enough) / 2)
        is_enough = _is_settled(share[waiting], middle, r[waiting])
        enough, short = np.where(is_enough, middle, enough), np.where(is_enough, short, middle)
    more[waiting] = enough - n[waiting]
    return np.where(n < MIN_VOTES, MIN_VOTES - n, more)


def typical_share(useful: ArrayLike, votes: ArrayLike) -> float:
    """The share of the middle target: half of those with 10 votes and more lie above it.

    Without such a target the share of all votes together; without votes 0.5. The middle target and not the mean of all
    votes, so that one much-read article does not become its own yardstick.
    """
    x, n = np.asarray(useful, dtype=np.float64), np.asarray(votes, dtype=np.float64)
    told = n >= MIN_VOTES
    if told.any():
        return float(np.median(x[told] / n[told]))
    return float(x.sum() / n.sum()) if n.sum() else 0.5


def _is_settled(share: Numbers, votes: Numbers, reference: Numbers) -> NDArray[np.bool_]:
    """Whether so many votes of this share bring a verdict: better, worse or close."""
    useful, limit = share * votes, -np.log1p(-LEVEL)
    rest, mixture = votes - useful, betaln(1 + useful, 1 + votes - useful)

    def is_ruled_out(true: Numbers) -> NDArray[np.bool_]:
        """By `log_evidence`, of which the part that does not depend on the share is worked out once."""
        out: NDArray[np.bool_] = mixture - xlogy(useful, true) - xlog1py(rest, -true) >= limit
        return out

    above, below = np.minimum(reference + CLOSE, 1.0), np.maximum(reference - CLOSE, 0.0)
    is_under = is_ruled_out(above) & (share <= above) | (reference + CLOSE >= 1)
    is_over = is_ruled_out(below) & (share >= below) | (reference - CLOSE <= 0)
    settled: NDArray[np.bool_] = is_ruled_out(reference) | (is_under & is_over)
    return settled
