"""How far a worker is behind the log, partition by partition, for its metrics.

The log is asked in a thread of its own: brokers that do not answer must not hold up a transaction.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from prometheus_client import Gauge

from feedback_analytics.cli.installation import TOPICS
from feedback_analytics.errors import LogError
from feedback_analytics.log import EventLog

LAG_SECONDS = 2.0
"""Time between two looks: that between two writings of the metrics file."""

STOP_SECONDS = 5.0
"""Longest wait at the end for a look that is under way."""

PlaceName = tuple[str, int]


class LagWatch:
    """Keeps the gauge at the records between the positions and the log's end. positions may be asked by any thread."""

    def __init__(self, log: EventLog, positions: Callable[[], Mapping[PlaceName, int]], gauge: Gauge) -> None:
        self._log, self._positions, self._gauge = log, positions, gauge
        self._told: set[PlaceName] = set()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lag", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._ending.wait(LAG_SECONDS):
            self.look()

    def look(self) -> None:
        """Set the gauge; it stays as it is while the log does not answer. Partitions that were lost leave it."""
        positions = self._positions()
        try:
            ends = {(topic, at): held.next for topic in TOPICS for at, held in self._log.ranges(topic).items()}
        except LogError:
            return
        for place in self._told - positions.keys():
            self._gauge.remove(*place)
        self._told = positions.keys() & ends.keys()
        for place in self._told:
            self._gauge.labels(*place).set(max(0, ends[place] - positions[place]))
