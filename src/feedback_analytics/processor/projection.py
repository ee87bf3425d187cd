"""Projection: events and the standing answers they meet become entries and new standing answers. Pure.

Per reader and target the answer with the greatest (occurred_at, event hash) stands; a retraction is an answer too.

    an event of a target without a standing answer    cast +1 (useful: +1 useful); it stands
    one that supersedes the standing answer           cast +1, and the reversal of the old one; it stands
    one older than the standing answer                cast of 0
    a retraction that wins                            cast of 0, and the reversal of the old one; it stands
    an event seen before for this reader and target   no entry: a duplicate

A standing retraction has nothing to reverse. Every stored event is either the standing one or is noted as seen, so
that its retry is known for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from feedback_analytics.processor.standing_votes import STANDING, Standing

Look = Callable[[Sequence[int], Sequence[bytes]], list[bytes | None]]
"""Given events of the batch and a 24-byte key of each: what is there under these keys, None for nothing."""


class Reversal(NamedTuple):
    """Takes back a superseded answer; posted by the event at `by` (its index in the batch)."""

    by: int
    old: Standing


@dataclass(frozen=True, slots=True)
class Projected:
    """What n events do.

    is_winner, votes_delta and useful_delta have one value per event; is_stored is None when no event is a duplicate.
    last_winner marks the events whose answers stand after the batch (None: all do); seen holds the keys of events to
    be remembered as seen, seen_by for each of them an event of the batch with its reader and target.
    """

    is_winner: NDArray[np.bool_]
    votes_delta: NDArray[np.int8]
    useful_delta: NDArray[np.int8]
    is_stored: NDArray[np.bool_] | None = None
    last_winner: NDArray[np.bool_] | None = None
    reversals: list[Reversal] = field(default_factory=list)
    seen: list[bytes] = field(default_factory=list)
    seen_by: list[int] = field(default_factory=list)


def project(keys: Sequence[bytes], events: NDArray[np.void], standing: Sequence[bytes | None], look: Look) -> Projected:
    """Post the events (STANDING records, in the order of the log) onto the standing answers of their keys.

    look answers whether 24-byte keys of seen events exist; it is asked once, and only for events that meet an answer.
    """
    answers = events["answer"]
    votes_delta = (answers >= 0).astype(np.int8)
    useful_delta = (answers == 1).astype(np.int8)
    is_winner = np.ones(len(events), dtype=bool)
    slow = _events_to_compare(keys, standing)
    if not slow:
        return Projected(is_winner, votes_delta, useful_delta)
    return _compare(keys, events, standing, look, slow, is_winner, votes_delta, useful_delta)


def _events_to_compare(keys: Sequence[bytes], standing: Sequence[bytes | None]) -> list[int]:
    """Indexes of the events that meet a standing answer or share their key within the batch."""
    if len(set(keys)) == len(keys):
        return [index for index, old in enumerate(standing) if old is not None]
    counts: dict[bytes, int] = {}
    for key in keys:
        counts[key] = counts.get(key, 0) + 1
    return [index for index, old in enumerate(standing) if old is not None or counts[keys[index]] > 1]


def _compare(
    keys: Sequence[bytes],
    events: NDArray[np.void],
    standing: Sequence[bytes | None],
    look: Look,
    slow: list[int],
    is_winner: NDArray[np.bool_],
    votes_delta: NDArray[np.int8],
    useful_delta: NDArray[np.int8],
) -> Projected:
    known = _known_answers(slow, standing)
    rows: list[Standing] = events[slow].tolist()
    hashes = [keys[index] + row[1].to_bytes(8, "little") for index, row in zip(slow, rows, strict=True)]
    asked = [at for at, index in enumerate(slow) if index in known]
    there = look([slow[at] for at in asked], [hashes[at] for at in asked])
    found = {at for at, value in zip(asked, there, strict=True) if value is not None}

    current: dict[bytes, Standing] = {}
    holder: dict[bytes, int] = {}
    in_batch: set[bytes] = set()
    is_stored = np.ones(len(events), dtype=bool)
    last_winner = np.ones(len(events), dtype=bool)
    reversals: list[Reversal] = []
    seen: list[bytes] = []
    seen_by: list[int] = []
    duplicates = 0
    for at, (index, row, event_key) in enumerate(zip(slow, rows, hashes, strict=True)):
        key = keys[index]
        old = current.get(key) or known.get(index)
        if at in found or event_key in in_batch or (old is not None and old[1] == row[1]):
            is_stored[index] = is_winner[index] = last_winner[index] = False
            duplicates += 1
            continue
        in_batch.add(event_key)
        if old is not None and (row[0], row[1]) < (old[0], old[1]):
            votes_delta[index] = useful_delta[index] = 0
            is_winner[index] = last_winner[index] = False
            seen.append(event_key)
            seen_by.append(index)
            continue
        if old is not None:
            superseded = key + old[1].to_bytes(8, "little")
            in_batch.add(superseded)
            seen.append(superseded)
            seen_by.append(index)
            if old[2] >= 0:
                reversals.append(Reversal(index, old))
            if key in holder:
                last_winner[holder[key]] = False
        current[key] = row
        holder[key] = index
    return Projected(
        is_winner,
        votes_delta,
        useful_delta,
        is_stored if duplicates else None,
        last_winner,
        reversals,
        seen,
        seen_by,
    )


def _known_answers(slow: list[int], standing: Sequence[bytes | None]) -> dict[int, Standing]:
    met = [index for index in slow if standing[index] is not None]
    joined = b"".join(standing[index] or b"" for index in met)
    return dict(zip(met, np.frombuffer(joined, STANDING).tolist(), strict=True))
