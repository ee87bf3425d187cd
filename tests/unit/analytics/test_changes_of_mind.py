"""The running interval on sums of standing votes, while readers change their minds. Figures: docs/decisions/0005."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.changes_of_mind import Minds, drifting, looks, missed, redrawn

LIMIT = 0.05 + 4 * (0.05 * 0.95 / 500) ** 0.5
# At most 5 % of runs by the promise, plus four standard errors of 500 runs: 8.9 %.


@pytest.mark.parametrize("changing", [0.05, 0.2])
@pytest.mark.parametrize("share", [0.5, 0.7, 0.9])
def test_the_running_interval_keeps_its_promise_when_readers_change_their_minds(share: float, changing: float) -> None:
    seen = looks(redrawn(share, changing, 50), 500, 1_000, np.random.default_rng(61))
    assert missed(seen.useful, seen.votes, share) <= LIMIT


def test_it_holds_what_standing_votes_are_worth_at_the_look_also_while_they_drift() -> None:
    """First answers at 80 %, 70 % in the end: the share that stands at each look is covered."""
    seen = looks(drifting(0.7, 0.2, 0.1, 100), 500, 1_000, np.random.default_rng(62))
    assert missed(seen.useful, seen.votes, seen.expected) <= LIMIT


def test_no_count_foresees_changes_yet_to_come_and_first_answers_least_of_all() -> None:
    seen = looks(drifting(0.5, 0.2, 0.1, 100), 500, 1_000, np.random.default_rng(63))
    late, first = missed(seen.useful, seen.votes, 0.5), missed(seen.first_useful, seen.votes, 0.5)
    assert LIMIT < late < 0.4
    assert first > 0.9


def test_the_simulated_sums_are_those_of_standing_votes() -> None:
    """All change to not useful after one more reader: after n readers, only the newest answers may be useful."""
    seen = looks(Minds(1.0, 1.0, 0.0, 1.0), 1, 20, np.random.default_rng(64))
    assert (seen.votes[0, 20:] == np.arange(1, 21)).all()
    assert (seen.useful[0, 20:] == 1).all()
    assert seen.useful[0, :20].tolist() == [1.0] + [2.0] * 19
