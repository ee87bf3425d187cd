"""Import: files of events enter the log by the same steps as requests do."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from feedback_analytics.cli.lines import DamagedFile, lines
from feedback_analytics.errors import LogError
from feedback_analytics.ingest import Arrival, Outgoing, Refusal, admit
from feedback_analytics.log import EventLog, NewRecord, Place
from feedback_analytics.settings import IngestSettings

RECORDS_AT_ONCE = 1000
"""Records of one append: 400 kB at 400 bytes an event, below what any broker takes in one request."""

APPENDS_UNDER_WAY = 8
"""Appends that may wait for the disk; more would only fill memory."""

PATIENCE_SECONDS = 60.0
"""How long a log that takes nothing is asked again."""


class KeepRefused(Protocol):
    """Told of each line that is not taken."""

    def __call__(self, file: str, line: int, raw: bytes, refusal: Refusal) -> None: ...


@dataclass
class ImportReport:
    """accepted events are durably in the log; refused ones are counted by reason."""

    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)


class Importer:
    """Appends events of files to a log. What `accepted` counts is durable."""

    def __init__(self, log: EventLog, secret: bytes, settings: IngestSettings, now: Callable[[], datetime]) -> None:
        self._log, self._outgoing, self._settings, self._now = log, Outgoing(log, secret), settings, now
        self._waiting: list[NewRecord] = []
        self._under_way: deque[tuple[list[NewRecord], Future[list[Place]]]] = deque()
        self.report = ImportReport()

    def take(self, file: str, on_read: Callable[[int], None], keep_refused: KeepRefused) -> None:
        """Import one file, or stdin as `-`; returns when all that could be taken of it is durable.

        Raises LogError when the log takes nothing for a minute, and DamagedFile when the file cannot be unpacked to
        its end; what stood before is durable then. Importing the same file again is safe: an event that was taken
        before is a duplicate.
        """
        try:
            self._take_lines(file, on_read, keep_refused)
        except DamagedFile:
            self._settle_all()
            raise
        self._settle_all()

    def _take_lines(self, file: str, on_read: Callable[[int], None], keep_refused: KeepRefused) -> None:
        for number, raw in lines(file, self._settings.max_event_bytes, on_read):
            arrival = Arrival(raw, _microseconds(self._now()), self._settings.max_event_bytes)
            if (refusal := admit(arrival)) is not None:
                self.report.refused[refusal.reason] += 1
                keep_refused(file, number, raw, refusal)
                continue
            self._waiting.append(self._outgoing.record_of(arrival.reading.event))
            if len(self._waiting) == RECORDS_AT_ONCE:
                self._append_waiting()

    def _settle_all(self) -> None:
        if self._waiting:
            self._append_waiting()
        while self._under_way:
            self._settle_oldest()

    def _append_waiting(self) -> None:
        if len(self._under_way) == APPENDS_UNDER_WAY:
            self._settle_oldest()
        records, self._waiting = self._waiting, []
        self._under_way.append((records, self._tried(records)))

    def _settle_oldest(self) -> None:
        """Wait until the oldest append is durable; what the log gave back is appended again."""
        records, future = self._under_way.popleft()
        for pause in _pauses():
            try:
                future.result()
                self.report.accepted += len(records)
                return
            except LogError as error:
                _wait_or_raise(error, pause)
                future = self._tried(records)

    def _tried(self, records: list[NewRecord]) -> Future[list[Place]]:
        """The append; a log that refuses it at once is a future that failed."""
        try:
            return self._log.append(records)
        except LogError as error:
            failed: Future[list[Place]] = Future()
            failed.set_exception(error)
            return failed


def _pauses() -> Iterator[float | None]:
    """Seconds until the next try; None after the last."""
    started, pause = time.monotonic(), 0.1
    while time.monotonic() - started < PATIENCE_SECONDS:
        yield pause
        pause = min(2 * pause, 5.0)
    yield None


def _wait_or_raise(error: LogError, pause: float | None) -> None:
    if pause is None or error.retry_after_seconds is None:
        raise error
    time.sleep(max(pause, error.retry_after_seconds))


def _microseconds(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
