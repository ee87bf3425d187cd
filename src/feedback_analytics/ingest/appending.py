"""Group commit at the door: the events of many requests go into the log as one append.

An append costs a lock, a wake-up of the log's thread and one of ours, and a sync of the disk, whatever it holds. So the
requests of one turn of the event loop share one, and lone events wait for the append that is under way and go together
with all that came meanwhile: groups grow with the load, and an idle service appends at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Generic, NamedTuple, TypeVar

from feedback_analytics.log import EventLog, NewRecord, Place
from feedback_analytics.telemetry import Metrics

E = TypeVar("E")

GROUP_EVENTS = 256
# So many do not wait for each other any longer: the log itself must see them, since it alone says when it is full.


class Appended(NamedTuple):
    """The places of a request's events, and what the clock said when the log held them."""

    places: Sequence[Place]
    server_time: str


Promise = asyncio.Future[Appended]


class GroupAppender(Generic[E]):
    """Appends for the many requests of one event loop; records_of makes the records of a group's events."""

    def __init__(
        self,
        log: EventLog,
        metrics: Metrics,
        records_of: Callable[[Sequence[E]], Sequence[NewRecord]],
        clock: Callable[[], str],
    ) -> None:
        self._log, self._metrics, self._records_of, self._clock = log, metrics, records_of, clock
        self._events: list[E] = []
        self._promises: list[tuple[int, Promise]] = []
        self._is_called = False
        self._under_way = 0

    def append(self, events: Sequence[E]) -> Promise:
        """Done once the log holds the events on disk. LogError: the log promises nothing about them."""
        loop = asyncio.get_running_loop()
        promise: Promise = loop.create_future()
        self._events += events
        self._promises.append((len(events), promise))
        can_wait = self._under_way and len(events) == 1 and len(self._events) < GROUP_EVENTS
        if not self._is_called and not can_wait:
            self._is_called = True
            loop.call_soon(self._hand_over, loop)
        return promise

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        events, promises = self._events, self._promises
        self._events, self._promises, self._is_called = [], [], False
        if not events:
            return
        started = time.perf_counter()
        try:
            records = self._records_of(events)
            future = self._log.append(records)
        except Exception as error:  # whatever it is, those who wait are told
            _break(promises, error)
            return
        self._under_way += 1
        self._metrics.append_records.observe(len(records))
        size_bytes = sum([len(record.value) for record in records])
        self._metrics.waiting_bytes.inc(size_bytes)

        def keep(done: Future[list[Place]]) -> None:
            self._under_way -= 1
            self._hand_over(loop)
            self._metrics.waiting_bytes.dec(size_bytes)
            self._metrics.append_seconds.observe(time.perf_counter() - started)
            if (error := done.exception()) is not None:
                _break(promises, error)
                return
            self._metrics.events_accepted.inc(len(records))
            _settle(promises, done.result(), self._clock())

        def tell(done: Future[list[Place]]) -> None:
            with suppress(RuntimeError):  # the loop has ended: nobody waits for this any more
                loop.call_soon_threadsafe(keep, done)

        future.add_done_callback(tell)


def _settle(promises: list[tuple[int, Promise]], places: list[Place], server_time: str) -> None:
    first = 0
    for count, promise in promises:
        if not promise.done():
            promise.set_result(Appended(places[first : first + count], server_time))
        first += count


def _break(promises: list[tuple[int, Promise]], error: BaseException) -> None:
    for _, promise in promises:
        if not promise.done():
            promise.set_exception(error)
