"""Transactions of plain votes for tests of the store alone: rows that add up, as a worker would write them.

The scribe knows nothing of duplicates or standing votes: each test says which entries it wants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

import pyarrow as pa

from feedback_analytics.settings import Settings, read_settings
from feedback_analytics.store import CommitRows, JobKind, Reader, Writer, open_writer
from feedback_analytics.store.jobs import open_queue

LOG, TOPIC = "log-1", "feedback.votes.v1"
BEGIN = datetime(2026, 11, 1, 10, tzinfo=UTC)
SEGMENT = 2**64 - 7
ANSWERS = {"useful": 1, "not_useful": 0, "retracted": -1}


def utc_now() -> datetime:
    return datetime.now(UTC)


def settings_of(folder: Path, **flags: object) -> Settings:
    return read_settings({"data_dir": str(folder), **{name.replace("__", "."): value for name, value in flags.items()}})


def a_writer(folder: Path, *, lease: bool = True, hours_ahead: float = 0, **flags: object) -> Writer:
    """A writer on a data directory; flags are settings with `__` for the dot.

    hours_ahead puts its clock forward, so that what the tests have just made is old for its maintenance.
    """
    ahead = timedelta(hours=hours_ahead)
    return open_writer(
        settings_of(folder, **flags), secret_fingerprint=None, now=lambda: utc_now() + ahead, lease=lease
    )


def maintain(writer: Writer, folder: Path, **flags: object) -> str:
    """One thorough round of maintenance, asked for as `feedback maintenance run` does: its state and what it did."""
    queue = open_queue(settings_of(folder, **flags))
    queue.submit(JobKind.MAINTENANCE, {})
    queue.close()
    while not (done := writer.run_due_jobs()).finished:
        pass
    return "; ".join(f"{job.state}: {job.told}" for job in done.finished)


def reader_key(name: str) -> UUID:
    """The pseudonym of a reader of the tests."""
    return uuid5(UUID(int=0), name)


@dataclass(frozen=True)
class Entry:
    """A row of raw.votes with good defaults. A reversal takes back `vote`, given at `at` on `version`."""

    article: str = "a1"
    vote: str = "useful"
    reader: str = "r1"
    section: str | None = None
    at: datetime = BEGIN
    version: int | None = 1
    event_id: str = ""
    is_reversal: bool = False
    is_winner: bool = True
    source_of_segment: str = "web"

    @property
    def deltas(self) -> tuple[int, int]:
        answer, sign = ANSWERS[self.vote], -1 if self.is_reversal else 1
        counts = self.is_winner or self.is_reversal
        return (sign * (answer >= 0) * counts, sign * (answer == 1) * counts)


def a_vote(article: str = "a1", vote: str = "useful", **rest: object) -> Entry:
    return replace(Entry(article, vote), **rest)  # type: ignore[arg-type]


def reversal_of(entry: Entry) -> Entry:
    return replace(entry, is_reversal=True, is_winner=False)


class Scribe:
    """Writes down transactions of one log; every cast takes the next offset of its partition."""

    def __init__(self, partitions: int = 2) -> None:
        self.next = dict.fromkeys(range(partitions), 0)
        self.transactions = 0

    def begin(self, writer: Writer) -> None:
        """Register the topic and claim all partitions."""
        writer.register_topic(LOG, TOPIC, len(self.next), dict.fromkeys(self.next, 0))
        writer.claim(LOG, TOPIC, list(self.next))

    def rows(self, entries: Sequence[Entry], partition: int = 0, received_at: datetime | None = None) -> CommitRows:
        """One transaction of one partition. Each cast is an event; a reversal belongs to the cast before it."""
        self.transactions += 1
        batch = f"01JD{self.transactions:022d}"
        first = self.next[partition]
        casts = sum(not entry.is_reversal for entry in entries)
        offsets, at = [], first - 1
        for entry in entries:
            at += not entry.is_reversal
            offsets.append(at)
        self.next[partition] = first + casts
        received = received_at or BEGIN + timedelta(hours=1, seconds=self.transactions)
        return CommitRows(
            batch_id=batch,
            moves={(LOG, TOPIC, partition): (first, first + casts)},
            votes=_table(entries, offsets, partition, received),
            votes_log=(LOG, TOPIC),
            segments=[(SEGMENT, "https://news.example/web", "en-GB", "mobile", "search.example")],
            batches=[
                (batch, LOG, TOPIC, partition, first, first + casts, casts, casts, 0, 0, 0, 2**64 - 1,
                 received, received, received, "worker-1")
            ],
            ledger=[
                (batch, "https://news.example/web", "feedback.vote.cast.v1",
                 received.replace(minute=0, second=0, microsecond=0), casts, casts, 0, 0, 0, 0)
            ],
        )  # fmt: skip


def _table(entries: Sequence[Entry], offsets: Sequence[int], partition: int, received: datetime) -> pa.Table:
    keys = pa.array([reader_key(entry.reader).bytes for entry in entries], pa.binary(16))
    moment = pa.timestamp("us", "UTC")
    deltas = [entry.deltas for entry in entries]
    return pa.table(
        {
            "event_id": [
                entry.event_id or f"event-{partition}-{at}" for entry, at in zip(entries, offsets, strict=True)
            ],
            "occurred_at": pa.array([entry.at for entry in entries], moment),
            "received_at": pa.array([received] * len(entries), moment),
            "article_id": pa.array([entry.article for entry in entries], pa.string()),
            "section_id": pa.array([entry.section for entry in entries], pa.string()),
            "article_version": pa.array([entry.version for entry in entries], pa.int32()),
            "reader_key": pa.ExtensionArray.from_storage(pa.uuid(), keys),
            "answer": pa.array([ANSWERS[entry.vote] for entry in entries], pa.int8()),
            "is_reversal": [entry.is_reversal for entry in entries],
            "is_winner": [entry.is_winner for entry in entries],
            "votes_delta": pa.array([votes for votes, _ in deltas], pa.int8()),
            "useful_delta": pa.array([useful for _, useful in deltas], pa.int8()),
            "segment_id": pa.array([SEGMENT] * len(entries), pa.uint64()),
            "log_partition": pa.array([partition] * len(entries), pa.int16()),
            "log_offset": pa.array(offsets, pa.int64()),
        }
    )


def shown(reader: Reader, query: str) -> str:
    """The answer to a query as a table to compare with: names, then rows, columns lined up, nothing for null."""
    table = reader.table(query)
    rows = [table.column_names, *([_text(value) for value in row.values()] for row in table.to_pylist())]
    widths = [max(len(row[at]) for row in rows) for at in range(len(table.column_names))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n" + "".join(f"    {line}\n" for line in lines)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.4f}"
        case datetime():
            return value.astimezone(UTC).strftime("%m-%d %H:%M:%S")
    return str(value)
