"""Does the running interval hold when readers change their minds? `python -m benchmarks.changes_of_mind [--runs 4000]`.

Simulates articles on which readers arrive one after the other, and of whom some change their answer later. After every
arrival and after the changes that fall on it the running interval of the standing votes is compared with the truth; a
run has missed if it was ever outside. Prints the share of runs that missed, for the figures of docs/decisions/0005.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feedback_analytics.analytics.intervals import log_evidence

SHARES = (0.5, 0.7, 0.9, 0.97)
Draws = NDArray[np.float64]


@dataclass(frozen=True)
class Minds:
    """How readers change their minds.

    first_share: of first answers, useful. changing: chance that a reader changes. to_useful: share of new answers that
    are useful, None when each is the opposite of the first. delay: readers who arrive in between, on average.
    """

    first_share: float
    changing: float
    to_useful: float | None
    delay: float

    @property
    def final_share(self) -> float:
        """Of standing votes in the long run, useful."""
        new = 1 - self.first_share if self.to_useful is None else self.to_useful
        return (1 - self.changing) * self.first_share + self.changing * new


@dataclass(frozen=True)
class Looks:
    """Sums as they stand at each look; arrays of runs by looks. expected: what the standing share is on average."""

    useful: Draws
    votes: Draws
    first_useful: Draws
    expected: Draws


def looks(minds: Minds, runs: int, arrivals: int, rng: np.random.Generator) -> Looks:
    """One look after each arrival, before the changes that fall on it, and one after them."""
    first = rng.random((runs, arrivals)) < minds.first_share
    if minds.to_useful is None:
        second = ~first
        shift = 1 - 2 * minds.first_share
    else:
        second = rng.random((runs, arrivals)) < minds.to_useful
        shift = minds.to_useful - minds.first_share
    when = np.arange(arrivals) + rng.geometric(1 / minds.delay, (runs, arrivals))
    falls = (rng.random((runs, arrivals)) < minds.changing) & (when < arrivals)
    run = np.broadcast_to(np.arange(runs)[:, None], when.shape)
    place = (run * arrivals + when)[falls]
    moves = (second.astype(float) - first)[falls]
    delta = np.bincount(place, moves, runs * arrivals).reshape(runs, arrivals).cumsum(axis=1)
    changed = np.bincount(place, minlength=runs * arrivals).reshape(runs, arrivals).cumsum(axis=1)
    earlier = [np.concatenate([np.zeros((runs, 1)), sums[:, :-1]], axis=1) for sums in (delta, changed)]
    answers, votes = first.cumsum(axis=1).astype(float), np.arange(1.0, arrivals + 1)
    moved = np.concatenate([earlier[1], changed], axis=1).mean(axis=0)
    both = np.tile(votes, 2)
    return Looks(
        np.concatenate([answers + earlier[0], answers + delta], axis=1),
        np.broadcast_to(both, (runs, 2 * arrivals)),
        np.tile(answers, 2),
        minds.first_share + shift * moved / both,
    )


def missed(useful: Draws, votes: Draws, share: Draws | float, level: float = 0.95) -> float:
    """Share of runs in which the running interval was outside the share at any look."""
    return float(np.mean((log_evidence(useful, votes, share) >= -np.log1p(-level)).any(axis=1)))


def redrawn(share: float, changing: float, delay: float) -> Minds:
    """A changed answer is as likely to be useful as a first one: minds change, the share does not."""
    return Minds(share, changing, share, delay)


def drifting(share: float, changing: float, drift: float, delay: float) -> Minds:
    """Changes lower the share by `drift` until it is `share`: first answers are kinder than those that stay."""
    first = share + drift
    return Minds(first, changing, first - drift / changing, delay)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=4_000)
    options.add_argument("--arrivals", type=int, default=2_000)
    options.add_argument("--seed", type=int, default=5)
    chosen = options.parse_args()
    rng = np.random.default_rng(chosen.seed)
    print(f"{chosen.runs} runs a row, looks after every vote and every change up to {chosen.arrivals} readers")
    print("| first | final | change | delay | missed final | missed expected | first answers missed final |")
    print("|---|---|---|---|---|---|---|")
    for minds in scenarios():
        figures = np.mean([one_thousand(minds, chosen.arrivals, rng) for _ in range(chosen.runs // 1_000)], axis=0)
        shares = f"| {minds.first_share:.3f} | {minds.final_share:.3f} | {minds.changing:.0%} | {minds.delay:g} | "
        print(shares + " | ".join(f"{figure:.1%}" for figure in figures) + " |", flush=True)


def one_thousand(minds: Minds, arrivals: int, rng: np.random.Generator) -> tuple[float, float, float]:
    """The last three columns of the table, for a thousand runs."""
    seen = looks(minds, 1_000, arrivals, rng)
    final = missed(seen.useful, seen.votes, minds.final_share)
    expected = missed(seen.useful, seen.votes, seen.expected)
    return final, expected, missed(seen.first_useful, seen.votes, minds.final_share)


def scenarios() -> list[Minds]:
    """No changes; answers given anew; opposite answers that balance; drifts of 2 and 5 points, soon, later and late."""
    steady = [redrawn(share, changing, 50) for changing in (0.0, 0.05, 0.2) for share in SHARES]
    opposite = [Minds(0.5, changing, None, 50) for changing in (0.05, 0.2)]
    slow = [redrawn(0.7, 0.2, delay) for delay in (5, 500)]
    drifts = [
        drifting(share, changing, drift, delay)
        for share in (0.5, 0.7)
        for changing, drift in ((0.05, 0.02), (0.2, 0.02), (0.2, 0.05), (0.2, 0.1))
        for delay in (10, 100, 500)
    ]
    return steady + opposite + slow + drifts


if __name__ == "__main__":
    main()
