"""Group commit at the door: what the requests of one turn of the event loop bring goes into the log as one append.

An append costs a lock, a wake-up of the log's thread and one of ours, whatever it holds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress

from feedback_analytics.errors import LogError
from feedback_analytics.log import EventLog, NewRecord, Place
from feedback_analytics.telemetry import Metrics

Promise = asyncio.Future[Sequence[Place]]


class GroupAppender:
    """Appends for the many requests of one event loop."""

    def __init__(self, log: EventLog, metrics: Metrics) -> None:
        self._log, self._metrics = log, metrics
        self._records: list[NewRecord] = []
        self._promises: list[tuple[int, Promise]] = []

    async def append(self, records: Sequence[NewRecord]) -> Sequence[Place]:
        """The records' places, once the log holds them on disk. LogError: the log promises nothing about them."""
        loop = asyncio.get_running_loop()
        promise: Promise = loop.create_future()
        if not self._records:
            loop.call_soon(self._hand_over, loop)
        self._records += records
        self._promises.append((len(records), promise))
        return await promise

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        records, promises = self._records, self._promises
        self._records, self._promises = [], []
        started = time.perf_counter()
        try:
            future = self._log.append(records)
        except LogError as error:
            _break(promises, error)
            return
        self._metrics.append_records.observe(len(records))
        size_bytes = sum([len(record.value) for record in records])
        self._metrics.waiting_bytes.inc(size_bytes)

        def keep(done: Future[list[Place]]) -> None:
            self._metrics.waiting_bytes.dec(size_bytes)
            self._metrics.append_seconds.observe(time.perf_counter() - started)
            _settle(promises, done)

        def tell(done: Future[list[Place]]) -> None:
            with suppress(RuntimeError):  # the loop has ended: nobody waits for this any more
                loop.call_soon_threadsafe(keep, done)

        future.add_done_callback(tell)


def _settle(promises: list[tuple[int, Promise]], done: Future[list[Place]]) -> None:
    if (error := done.exception()) is not None:
        _break(promises, error)
        return
    places = done.result()
    first = 0
    for count, promise in promises:
        if not promise.done():
            promise.set_result(places[first : first + count])
        first += count


def _break(promises: list[tuple[int, Promise]], error: BaseException) -> None:
    for _, promise in promises:
        if not promise.done():
            promise.set_exception(error)
