"""How far the store is behind the log, and which promises are not being kept: for `/readyz` and the dashboard.

Told from the log's ranges and the store's positions alone, so it holds for every carrier and wherever the worker runs.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from feedback_analytics.cli.installation import TOPICS
from feedback_analytics.errors import FeedbackError
from feedback_analytics.log import EmbeddedLog, EventLog, OffsetRange
from feedback_analytics.store import Position, Reader

REMEMBERED_SECONDS = 0.25
"""A look serves all who ask within this time: every open page asks about once a second."""

LEAST_FREE_BYTES = 64 * 2**20
"""Below this the disk of an embedded log is as good as full: one transaction may write some megabytes."""


@dataclass(frozen=True)
class Progress:
    """One look. behind_records is None when log or store cannot be seen; problems are sentences for an operator."""

    behind_records: int | None = None
    oldest_waiting_at: datetime | None = None
    behind: Mapping[tuple[str, int], int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


class Watch:
    """Looks at log and store when asked. May be used by several threads."""

    def __init__(
        self,
        log: EventLog,
        reader: Callable[[], Reader | None],
        *,
        stale_seconds: float,
        now: Callable[[], datetime],
        log_folder: Path | None = None,
    ) -> None:
        """reader gives None until the store can be read; log_folder is that of an embedded log."""
        self._log, self._reader, self._stale_seconds, self._now = log, reader, stale_seconds, now
        self._log_folder = log_folder
        self._lock = threading.Lock()
        self._looked_at, self._progress = float("-inf"), Progress()
        self._waiting_since: dict[tuple[str, int], tuple[int, datetime]] = {}

    def look(self) -> Progress:
        """How it stands now, at most REMEMBERED_SECONDS old."""
        with self._lock:
            if time.monotonic() - self._looked_at > REMEMBERED_SECONDS:
                self._progress = self._look()
                self._looked_at = time.monotonic()
            return self._progress

    def _look(self) -> Progress:
        problems = list(self._disk_problems())
        try:
            # The store before the log, which only grows: so the store is never seen ahead of it.
            positions = self._stored()
            ranges = {(topic, at): held for topic in TOPICS for at, held in self._log.ranges(topic).items()}
            log_ids = {topic: self._log.log_id(topic) for topic in TOPICS}
        except FeedbackError as error:
            return Progress(problems=(*problems, str(error)))
        mine = {(p.topic, p.partition): p for p in positions if log_ids.get(p.topic) == p.log_id}
        problems += _stopped(positions, mine, ranges, log_ids)
        behind = {}
        for place, held in ranges.items():
            stored = mine[place].next_offset if place in mine else held.earliest
            if held.earliest <= stored <= held.next:
                behind[place] = held.next - stored
        waiting = [(place, ranges[place].next - count) for place, count in behind.items() if count]
        try:
            oldest = min((self._since(place, offset) for place, offset in waiting), default=None)
        except FeedbackError as error:
            return Progress(sum(behind.values()), None, behind, (*problems, str(error)))
        waited_seconds = (self._now() - oldest).total_seconds() if oldest else 0.0
        if waited_seconds > self._stale_seconds:
            problems.append(
                f"{sum(behind.values())} events wait to be counted, the oldest for {waited_seconds:.0f} s: "
                "the worker is behind or not running."
            )
        return Progress(sum(behind.values()), oldest, behind, tuple(problems))

    def log_problems(self) -> list[str]:
        """What keeps the log from being written, whatever becomes of its records."""
        try:
            for topic in TOPICS:
                self._log.ranges(topic)
        except FeedbackError as error:
            return [str(error)]
        return list(self._disk_problems())

    def _stored(self) -> list[Position]:
        reader = self._reader()
        if reader is None:
            raise FeedbackError(
                "The store cannot be read yet: no worker has made it, or it is being brought up to date."
            )
        return reader.positions()

    def _since(self, place: tuple[str, int], offset: int) -> datetime:
        """When the log took the record at offset. It is read once: the next look mostly asks for another."""
        known = self._waiting_since.get(place)
        if known is None or known[0] != offset:
            [record] = self._log.read(*place, offset, 1)
            known = self._waiting_since[place] = (offset, datetime.fromtimestamp(record.appended_at_us / 1e6, UTC))
        return known[1]

    def _disk_problems(self) -> Iterable[str]:
        if self._log_folder is None:
            return
        if isinstance(self._log, EmbeddedLog) and self._log.moved_to is not None:
            yield f"The log takes nothing any more: its installation moves, or has moved, to {self._log.moved_to}."
        if not os.access(self._log_folder, os.W_OK):
            yield f"The log cannot be written: no permission for {self._log_folder}."
        elif (free_bytes := shutil.disk_usage(self._log_folder).free) < LEAST_FREE_BYTES:
            yield f"The disk of {self._log_folder} is full: {free_bytes // 2**20} MiB are free."


def _stopped(
    positions: Iterable[Position],
    mine: Mapping[tuple[str, int], Position],
    ranges: Mapping[tuple[str, int], OffsetRange],
    log_ids: Mapping[str, str],
) -> Iterable[str]:
    """Sentences on partitions that no worker may process, since log and store do not fit."""
    for (topic, partition), position in mine.items():
        held = ranges.get((topic, partition))
        if held and not held.earliest <= position.next_offset <= held.next:
            yield (
                f"{topic}[{partition}] is stopped: the store goes on at {position.next_offset}, but the log holds "
                f"{held.earliest} to {held.next}. Check, then `feedback positions accept-loss {topic} {partition}`."
            )
    of_other_logs = {p.topic for p in positions if p.topic in log_ids} - {topic for topic, _ in mine}
    for topic in sorted(of_other_logs):
        yield (
            f"{topic} is stopped: the store was filled from another log. Put that log back, or accept what it held as "
            f"lost: `feedback positions accept-loss {topic} PARTITION`."
        )
