"""Preparation: what can be worked out about batches of votes before the store and the index are asked.

Decoding, pseudonyms, home partitions, keys and segments. It may run in a thread of its own while the last transaction
commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import xor

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray

from feedback_analytics.contract import (
    ANSWERS,
    MAX_CLOCK_AHEAD_US,
    Bad,
    Reason,
    VoteCast,
    decode_votes,
    encode_for_log,
    event_hashes,
    partitions_of,
    reader_keys,
    unwrap,
)
from feedback_analytics.errors import ContractError
from feedback_analytics.processor.batches import Batch
from feedback_analytics.processor.segments import Segmented, segments_of
from feedback_analytics.processor.standing_votes import STANDING, target_keys

MOVED_FROM, REPLAY_OF = "moved_from", "replay_of"
"""Headers of a record: sent on from that partition; replays that dead letter."""


@dataclass(frozen=True, slots=True)
class Run:
    """The part of the concatenated records that came from one partition: records [begin, end)."""

    partition: int
    begin: int
    end: int
    first_offset: int
    next_offset: int
    seal: int


@dataclass(frozen=True, slots=True)
class Records:
    """Batches of one topic, laid end to end, partition by partition.

    values are events in structured mode, whatever mode they came in; headers are those that are no part of an event.
    """

    topic: str
    runs: list[Run]
    values: list[bytes]
    partition: NDArray[np.int16]
    offset: NDArray[np.int64]
    received_at: NDArray[np.int64]
    headers: dict[int, dict[str, bytes]]


@dataclass(frozen=True, slots=True)
class Move:
    """A record that is not at home: to be appended to its home partition before the position is committed."""

    index: int
    partition: int
    key: bytes
    value: bytes
    source: str
    event_type: str


@dataclass(frozen=True, slots=True)
class PreparedVotes:
    """The votes of records, column by column, for those that are events and at home.

    at holds the index of each among the records; dead and moves are the others.
    """

    records: Records
    at: NDArray[np.int64]
    event_ids: pa.Array
    article_ids: pa.Array
    section_ids: pa.Array
    reader_keys: NDArray[np.uint64]
    events: NDArray[np.void]
    keys: list[bytes]
    sources: pa.Array
    segmented: Segmented
    dead: list[Bad]
    moves: list[Move]

    def __len__(self) -> int:
        return len(self.keys)


def lay_out(batches: Sequence[Batch]) -> Records:
    """The records of batches of one topic; the batches of a partition follow each other without a gap."""
    ordered = sorted(batches, key=lambda batch: (batch.partition, batch.first_offset))
    values: list[bytes] = []
    runs: list[Run] = []
    headers: dict[int, dict[str, bytes]] = {}
    for batch in ordered:
        begin = len(values)
        values.extend(batch.values)
        if batch.headers is not None:
            _unwrap(batch.headers, begin, values, headers)
        offsets = batch.record_offsets().tolist()
        sealed = reduce(xor, map(xxhash.xxh3_64_intdigest, batch.values, offsets), 0)
        last = runs[-1] if runs else None
        if last is not None and last.partition == batch.partition:
            runs[-1] = Run(
                last.partition, last.begin, len(values), last.first_offset, batch.next_offset, last.seal ^ sealed
            )
        else:
            runs.append(Run(batch.partition, begin, len(values), batch.first_offset, batch.next_offset, sealed))
    return Records(
        ordered[0].topic,
        runs,
        values,
        np.concatenate([np.full(len(batch), batch.partition, dtype=np.int16) for batch in ordered]),
        np.concatenate([batch.record_offsets() for batch in ordered]),
        np.concatenate([batch.received_at for batch in ordered]),
        headers,
    )


def _unwrap(
    given: Sequence[dict[str, bytes] | None], begin: int, values: list[bytes], headers: dict[int, dict[str, bytes]]
) -> None:
    """Take the events of records with headers out of their mode, in place; given are the headers of values[begin:]."""
    for at, found in enumerate(given, begin):
        if found:
            values[at], others = unwrap(values[at], found)
            if others:
                headers[at] = others


def prepare_votes(records: Records, secret: bytes, partitions: int) -> PreparedVotes:
    """Decode the records of the votes topic and work out their columns. partitions is the topic's number of them."""
    decoded = decode_votes(records.values)
    events, occurred_at, dead = decoded.events, decoded.occurred_at, list(decoded.bad)
    at = np.arange(len(records.values)) if decoded.good is None else np.flatnonzero(decoded.good)
    outside: list[int] = []
    if decoded.reader_keys is None:
        outside = [index for index, event in enumerate(events) if event.data.reader_key is None]
    joined = decoded.reader_keys if decoded.reader_keys is not None else reader_keys(secret, events)
    keys = np.frombuffer(joined, dtype="<u8").reshape(-1, 2)

    keep = np.ones(len(events), dtype=bool)
    for index in outside:
        if occurred_at[index] > records.received_at[at[index]] + MAX_CLOCK_AHEAD_US:
            keep[index] = False
            dead.append(Bad(int(at[index]), _clock_ahead(events[index])))
    moves = _moves(records, events, keys, at, keep, partitions)
    if not keep.all():
        events = [event for event, kept in zip(events, keep, strict=True) if kept]
        keys, occurred_at, at = keys[keep], occurred_at[keep], at[keep]
    return _columns(records, events, at, occurred_at, keys, dead, moves)


def _clock_ahead(event: VoteCast) -> ContractError:
    return ContractError(Reason.clock_ahead, "time", "at most 5 minutes ahead of receipt", event.time)


def _moves(
    records: Records,
    events: Sequence[VoteCast],
    reader_keys: NDArray[np.uint64],
    at: NDArray[np.int64],
    keep: NDArray[np.bool_],
    partitions: int,
) -> list[Move]:
    """Take the records that are not at home out of keep. A record that was moved once stays where it is."""
    joined = reader_keys.tobytes()
    homes = partitions_of(joined, partitions)
    moves = []
    for index in np.flatnonzero((homes != records.partition[at]) & keep).tolist():
        record = int(at[index])
        if MOVED_FROM in records.headers.get(record, {}):
            continue
        keep[index] = False
        key = joined[16 * index : 16 * index + 16]
        event = events[index]
        moves.append(Move(record, int(homes[index]), key, encode_for_log(event, key), event.source, event.type))
    return moves


def _columns(
    records: Records,
    events: Sequence[VoteCast],
    at: NDArray[np.int64],
    occurred_at: NDArray[np.int64],
    reader_keys: NDArray[np.uint64],
    dead: list[Bad],
    moves: list[Move],
) -> PreparedVotes:
    data = [event.data for event in events]
    event_ids = [event.id for event in events]
    source_names = [event.source for event in events]
    article_ids = pa.array([vote.article_id for vote in data], pa.string())
    section_ids = pa.array([vote.section_id for vote in data], pa.string())
    sources = pa.array(source_names, pa.string())
    segmented = segments_of(
        sources,
        pa.array([vote.locale for vote in data], pa.string()),
        pa.array([vote.device for vote in data], pa.string()),
        pa.array([vote.referrer for vote in data], pa.string()),
    )
    state = np.empty(len(events), dtype=STANDING)
    state["occurred_at"] = occurred_at
    state["event_hash"] = event_hashes(source_names, event_ids)
    state["answer"] = np.array([ANSWERS[vote.vote] for vote in data], dtype=np.int8)
    state["version"] = pa.array([vote.article_version for vote in data], pa.int32()).fill_null(-1)
    state["segment"] = segmented.ids
    keys = target_keys(reader_keys, article_ids, section_ids)
    return PreparedVotes(
        records,
        at,
        pa.array(event_ids, pa.string()),
        article_ids,
        section_ids,
        reader_keys,
        state,
        keys,
        sources,
        segmented,
        dead,
        moves,
    )
