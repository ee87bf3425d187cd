"""Rows: what became of the records of a batch, as rows of the store's tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from feedback_analytics.contract import VOTE_CAST, time_us
from feedback_analytics.processor.articles import Announcement
from feedback_analytics.processor.dead_letters import UNREADABLE, DeadLetter
from feedback_analytics.processor.prepared import Move, PreparedVotes, Records
from feedback_analytics.processor.projection import Projected
from feedback_analytics.processor.standing_votes import STANDING

HOUR_US = 3_600_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMESTAMP = pa.timestamp("us", "UTC")

VOTE_COLUMNS = (
    "event_id", "occurred_at", "received_at", "article_id", "section_id", "article_version", "reader_key", "answer",
    "is_reversal", "is_winner", "votes_delta", "useful_delta", "segment_id", "log_partition", "log_offset",
)  # fmt: skip


@dataclass(slots=True)
class Outcome:
    """Counts of one (source, event type, hour of receipt)."""

    stored: int = 0
    duplicate: int = 0
    dead: int = 0
    moved: int = 0
    id_reused: int = 0

    @property
    def received(self) -> int:
        return self.stored + self.duplicate + self.dead + self.moved


@dataclass(slots=True)
class Ledger:
    """Outcomes of a transaction by (source, event type, hour); and by partition, for its batches."""

    by_source: dict[tuple[str, str, int], Outcome] = field(default_factory=dict)
    by_place: dict[tuple[str, int], Outcome] = field(default_factory=dict)

    def add(self, records: Records, index: int, source: str | None, event_type: str | None, outcome: str) -> None:
        """Count one record."""
        hour = int(records.received_at[index]) // HOUR_US
        self._of(source or UNREADABLE, event_type or UNREADABLE, hour, outcome, 1)
        self._at((records.topic, int(records.partition[index])), outcome, 1)

    def add_votes(self, votes: PreparedVotes, is_stored: NDArray[np.bool_] | None) -> None:
        """Count the votes of a batch, stored or duplicate, without a loop over them."""
        stored = np.ones(len(votes), dtype=bool) if is_stored is None else is_stored
        records = votes.records
        encoded = votes.sources.dictionary_encode()
        names = encoded.dictionary.to_pylist()
        sources = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        hours = records.received_at[votes.at] // HOUR_US
        first = int(hours.min()) if len(hours) else 0
        code = ((hours - first) * len(names) + sources) * 2 + stored
        for value, count in zip(*np.unique(code, return_counts=True), strict=True):
            rest, was_stored = divmod(int(value), 2)
            hour, source = divmod(rest, len(names))
            self._of(names[source], VOTE_CAST, first + hour, "stored" if was_stored else "duplicate", int(count))
        partitions = records.partition[votes.at].astype(np.int64) * 2 + stored
        for value, count in zip(*np.unique(partitions, return_counts=True), strict=True):
            partition, was_stored = divmod(int(value), 2)
            self._at((records.topic, partition), "stored" if was_stored else "duplicate", int(count))
        self._add_reused(votes, stored, hours)

    def _add_reused(self, votes: PreparedVotes, stored: NDArray[np.bool_], hours: NDArray[np.int64]) -> None:
        hashes = votes.events["event_hash"]
        order = np.argsort(hashes, kind="stable")
        order = order[stored[order]]
        again = order[1:][hashes[order][1:] == hashes[order][:-1]]
        for index in again.tolist():
            self.by_source[(votes.sources[index].as_py(), VOTE_CAST, int(hours[index]))].id_reused += 1

    def _of(self, source: str, event_type: str, hour: int, outcome: str, count: int) -> None:
        _count(self.by_source.setdefault((source, event_type, hour), Outcome()), outcome, count)

    def _at(self, place: tuple[str, int], outcome: str, count: int) -> None:
        _count(self.by_place.setdefault(place, Outcome()), outcome, count)

    def rows(self, batch_id: str) -> list[tuple[object, ...]]:
        """Rows of raw.ledger."""
        return [
            (batch_id, source, event_type, time_at(hour * HOUR_US), one.received, one.stored, one.duplicate, one.dead,
             one.moved, one.id_reused)
            for (source, event_type, hour), one in sorted(self.by_source.items())
        ]  # fmt: skip


def _count(outcome: Outcome, name: str, count: int) -> None:
    setattr(outcome, name, getattr(outcome, name) + count)


def time_at(microseconds: int) -> datetime:
    """Aware UTC time of microseconds since 1970, exactly."""
    return EPOCH + timedelta(microseconds=microseconds)


def add_moves(ledger: Ledger, records: Records, moves: Sequence[Move]) -> None:
    for move in moves:
        ledger.add(records, move.index, move.source, move.event_type, "moved")


def add_dead(ledger: Ledger, records: Records, letters: Sequence[DeadLetter]) -> None:
    for letter in letters:
        ledger.add(records, letter.index, letter.source, letter.event_type, "dead")


def batch_rows(
    records: Iterable[Records], log_ids: Mapping[str, str], ledger: Ledger, batch_id: str, worker: str, now: datetime
) -> list[tuple[object, ...]]:
    """Rows of raw.batches: one per partition."""
    rows: list[tuple[object, ...]] = []
    for one in records:
        for run in one.runs:
            outcome = ledger.by_place.get((one.topic, run.partition), Outcome())
            received = one.received_at[run.begin : run.end]
            first, last = (time_at(int(received[0])), time_at(int(received[-1]))) if len(received) else (None, None)
            rows.append(
                (batch_id, log_ids[one.topic], one.topic, run.partition, run.first_offset, run.next_offset,
                 run.end - run.begin, outcome.stored, outcome.duplicate, outcome.dead, outcome.moved, run.seal,
                 first, last, now, worker)
            )  # fmt: skip
    return rows


def dead_letter_rows(
    records: Records, letters: Sequence[DeadLetter], log_id: str, batch_id: str
) -> list[tuple[object, ...]]:
    """Rows of raw.dead_letters. The id of a dead letter is its transaction and place."""
    rows: list[tuple[object, ...]] = []
    for letter in letters:
        partition, offset = int(records.partition[letter.index]), int(records.offset[letter.index])
        rows.append(
            (f"{batch_id}-{records.topic}-{partition}-{offset}", batch_id, log_id, records.topic, partition, offset,
             time_at(int(records.received_at[letter.index])), letter.reason, letter.field, letter.expected,
             letter.found, letter.source, letter.event_id, letter.event_type, letter.payload, letter.is_sealed)
        )  # fmt: skip
    return rows


def article_row(one: Announcement, records: Records, log_id: str, batch_id: str) -> tuple[object, ...]:
    """A row of raw.articles."""
    event, data = one.event, one.event.data
    published_at = None if data.published_at is None else time_at(time_us(data.published_at))
    return (
        data.article_id, data.article_version, data.title, data.url, data.topic, data.author, data.language,
        data.ai_generated, published_at, event.source, event.id, one.event_hash, time_at(one.occurred_at),
        time_at(int(records.received_at[one.index])), log_id, records.topic, int(records.partition[one.index]),
        int(records.offset[one.index]), batch_id,
    )  # fmt: skip


def vote_entries(votes: PreparedVotes, projected: Projected) -> pa.Table:
    """Rows of raw.votes, in VOTE_COLUMNS: the casts that are no duplicates, then the reversals."""
    events, records = votes.events, votes.records
    casts = _entries(
        votes.event_ids, events, records.received_at[votes.at], votes.article_ids, votes.section_ids,
        votes.reader_keys, np.zeros(len(votes), dtype=bool), projected.is_winner, projected.votes_delta,
        projected.useful_delta, records.partition[votes.at], records.offset[votes.at],
    )  # fmt: skip
    if projected.is_stored is not None:
        casts = casts.filter(pa.array(projected.is_stored))
    if not projected.reversals:
        return casts
    return pa.concat_tables([casts, _reversals(votes, projected)])


def _reversals(votes: PreparedVotes, projected: Projected) -> pa.Table:
    cause = np.array([reversal.by for reversal in projected.reversals], dtype=np.int64)
    old = np.array([reversal.old for reversal in projected.reversals], dtype=STANDING)
    at, records, count = votes.at[cause], votes.records, len(cause)
    return _entries(
        votes.event_ids.take(cause), old, records.received_at[at],
        votes.article_ids.take(cause), votes.section_ids.take(cause),
        votes.reader_keys[cause], np.ones(count, dtype=bool), np.zeros(count, dtype=bool),
        np.full(count, -1, dtype=np.int8), -(old["answer"] == 1).astype(np.int8),
        records.partition[at], records.offset[at],
    )  # fmt: skip


def _entries(
    event_ids: pa.Array,
    events: NDArray[np.void],
    received_at: NDArray[np.int64],
    article_ids: pa.Array,
    section_ids: pa.Array,
    reader_keys: NDArray[np.uint64],
    is_reversal: NDArray[np.bool_],
    is_winner: NDArray[np.bool_],
    votes_delta: NDArray[np.int8],
    useful_delta: NDArray[np.int8],
    partition: NDArray[np.int16],
    offset: NDArray[np.int64],
) -> pa.Table:
    version = events["version"]
    return pa.Table.from_arrays(
        [
            event_ids,
            _times(events["occurred_at"]),
            _times(received_at),
            article_ids,
            section_ids,
            pa.array(np.ascontiguousarray(version), pa.int32(), mask=version < 0),
            _uuids(reader_keys),
            pa.array(np.ascontiguousarray(events["answer"])),
            pa.array(is_reversal),
            pa.array(is_winner),
            pa.array(votes_delta),
            pa.array(useful_delta),
            pa.array(np.ascontiguousarray(events["segment"])),
            pa.array(partition),
            pa.array(offset),
        ],
        names=list(VOTE_COLUMNS),
    )


def _times(microseconds: NDArray[np.int64]) -> pa.Array:
    return pa.array(np.ascontiguousarray(microseconds)).view(TIMESTAMP)


def _uuids(reader_keys: NDArray[np.uint64]) -> pa.Array:
    storage = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(16), len(reader_keys), [None, pa.py_buffer(np.ascontiguousarray(reader_keys).tobytes())]
    )
    return pa.ExtensionArray.from_storage(pa.uuid(), storage)


def outcomes_of(ledger: Ledger) -> Counter[str]:
    """received, stored, duplicate, dead and moved over all sources."""
    total: Counter[str] = Counter()
    for one in ledger.by_source.values():
        total.update(stored=one.stored, duplicate=one.duplicate, dead=one.dead, moved=one.moved, received=one.received)
    return total
