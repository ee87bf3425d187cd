"""The pure rule: which answer stands, and which entries an event posts."""

from __future__ import annotations

import numpy as np
import pytest

from feedback_analytics.processor.projection import Projected, project
from feedback_analytics.processor.standing_votes import STANDING

USEFUL, NOT_USEFUL, RETRACTED = 1, 0, -1
READER_ONE, READER_TWO = b"1" * 16, b"2" * 16


def events(*rows: tuple[int, int, int]) -> np.ndarray:
    """(occurred_at, event hash, answer) of each event."""
    return np.array([(at, event, answer, 1, 7) for at, event, answer in rows], dtype=STANDING)


def answer(at: int, event: int, vote: int) -> bytes:
    return events((at, event, vote)).tobytes()


def seen_key(key: bytes, event: int) -> bytes:
    return key + event.to_bytes(8, "little")


def post(
    keys: list[bytes], rows: np.ndarray, standing: list[bytes | None] | None = None, seen: set[bytes] = frozenset()
) -> Projected:
    found = standing or [None] * len(keys)
    return project(keys, rows, found, lambda _, asked: [b"" if key in seen else None for key in asked])


def deltas(projected: Projected) -> list[tuple[int, int]]:
    return list(zip(projected.votes_delta.tolist(), projected.useful_delta.tolist(), strict=True))


def test_the_first_answer_of_a_reader_counts() -> None:
    projected = post([READER_ONE, READER_TWO], events((1, 10, USEFUL), (2, 20, NOT_USEFUL)))
    assert deltas(projected) == [(1, 1), (1, 0)]
    assert projected.reversals == []
    assert projected.is_stored is None


def test_a_later_answer_takes_back_the_standing_one() -> None:
    projected = post([READER_ONE], events((2, 20, NOT_USEFUL)), [answer(1, 10, USEFUL)])
    assert deltas(projected) == [(1, 0)]
    assert [(one.by, one.old[:3]) for one in projected.reversals] == [(0, (1, 10, USEFUL))]
    assert projected.seen == [seen_key(READER_ONE, 10)]


def test_an_answer_older_than_the_standing_one_counts_nothing_and_is_remembered() -> None:
    projected = post([READER_ONE], events((1, 20, NOT_USEFUL)), [answer(2, 10, USEFUL)])
    assert deltas(projected) == [(0, 0)]
    assert not projected.is_winner[0]
    assert projected.seen == [seen_key(READER_ONE, 20)]


def test_of_two_answers_at_the_same_time_the_greater_hash_stands() -> None:
    projected = post([READER_ONE], events((1, 9, NOT_USEFUL)), [answer(1, 10, USEFUL)])
    assert not projected.is_winner[0]
    projected = post([READER_ONE], events((1, 11, NOT_USEFUL)), [answer(1, 10, USEFUL)])
    assert projected.is_winner[0]


def test_a_retracted_vote_no_longer_counts() -> None:
    projected = post([READER_ONE], events((2, 20, RETRACTED)), [answer(1, 10, USEFUL)])
    assert deltas(projected) == [(0, 0)]
    assert projected.is_winner[0]
    assert [one.old[2] for one in projected.reversals] == [USEFUL]


def test_a_standing_retraction_has_nothing_to_take_back() -> None:
    projected = post([READER_ONE], events((2, 20, USEFUL)), [answer(1, 10, RETRACTED)])
    assert deltas(projected) == [(1, 1)]
    assert projected.reversals == []
    assert projected.seen == [seen_key(READER_ONE, 10)]


@pytest.mark.parametrize("first", [USEFUL, NOT_USEFUL, RETRACTED])
def test_the_standing_event_sent_again_is_a_duplicate(first: int) -> None:
    projected = post([READER_ONE], events((5, 10, USEFUL)), [answer(1, 10, first)])
    assert projected.is_stored is not None
    assert not projected.is_stored[0]


def test_a_superseded_event_sent_again_is_a_duplicate() -> None:
    seen = {seen_key(READER_ONE, 10)}
    projected = post([READER_ONE], events((1, 10, USEFUL)), [answer(2, 20, NOT_USEFUL)], seen)
    assert projected.is_stored is not None
    assert not projected.is_stored[0]


def test_an_event_superseded_in_this_batch_and_sent_again_is_a_duplicate() -> None:
    rows = events((2, 20, NOT_USEFUL), (1, 10, USEFUL))
    projected = post([READER_ONE, READER_ONE], rows, [answer(1, 10, USEFUL)] * 2)
    assert projected.is_stored is not None
    assert projected.is_stored.tolist() == [True, False]


def test_several_answers_of_a_reader_in_one_batch_leave_the_last_standing() -> None:
    rows = events((1, 10, USEFUL), (3, 30, NOT_USEFUL), (2, 20, USEFUL), (3, 30, NOT_USEFUL))
    projected = post([READER_ONE] * 4, rows)
    assert deltas(projected)[:3] == [(1, 1), (1, 0), (0, 0)]
    assert projected.is_stored is not None
    assert projected.is_stored.tolist() == [True, True, True, False]
    assert projected.last_winner is not None
    assert projected.last_winner.tolist() == [False, True, False, False]
    assert projected.seen == [seen_key(READER_ONE, 10), seen_key(READER_ONE, 20)]


def test_the_same_event_of_two_readers_is_two_events() -> None:
    projected = post([READER_ONE, READER_TWO], events((1, 10, USEFUL), (1, 10, USEFUL)))
    assert deltas(projected) == [(1, 1), (1, 1)]
    assert projected.is_stored is None
