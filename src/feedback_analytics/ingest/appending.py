"""Group commit at the door: the events of many requests are admitted together and go into the log as one append.

An append costs a lock, a wake-up of the log's thread and one of ours, and a sync of the disk, whatever it holds; to
admit many events at once costs a third of one after the other. So large groups are worth a moment's wait:

1. What comes in one turn of the event loop goes together.
2. Lone events wait for the append that is under way.
3. After it they wait for as many as are likely to come: its senders, who have their answers now and send the next
   event. That takes 5 ms at most; one sender alone waits for nobody.

Groups grow with the load, and an idle service appends at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress

from feedback_analytics.contract import Event
from feedback_analytics.ingest.admission import Admitted, Refusal
from feedback_analytics.log import EventLog, NewRecord, Place
from feedback_analytics.telemetry import Metrics

GROUP_EVENTS = 256
# So many do not wait for each other any longer: the log itself must see them, since it alone says when it is full.

GATHER_SECONDS = 0.005
# Longest wait for those who are likely to come. An append takes about 1 ms, and a sync of an ordinary disk several.

NO_REFUSALS: Mapping[int, Refusal] = {}


Taken = tuple[Sequence[Place], Mapping[int, Refusal], str]
"""What became of a request's events: the places of those let in, in order; the refusals of the others, by their place
in the request; and what the clock said when the log held the events. A plain tuple, as there is one per request."""

Promise = asyncio.Future[Taken]

Request = tuple[Promise, int]
"""A request's promise, and how many events it has; in a group that was admitted: how many were let in."""


class GroupAppender:
    """Admits and appends for the many requests of one event loop; records_of makes the records of a group's events."""

    def __init__(
        self,
        log: EventLog,
        metrics: Metrics,
        admit: Callable[[Sequence[bytes]], Admitted],
        records_of: Callable[[Sequence[Event]], Sequence[NewRecord]],
        clock: Callable[[], str],
    ) -> None:
        self._log, self._metrics, self._admit = log, metrics, admit
        self._records_of, self._clock = records_of, clock
        self._raws: list[bytes] = []
        self._requests: list[Request] = []
        self._is_called = False
        self._under_way = 0
        self._expected = 1
        self._gathering: asyncio.TimerHandle | None = None

    def append(self, raws: Sequence[bytes]) -> Promise:
        """Done once the log holds, on disk, the events that were let in. LogError: the log promises nothing of them."""
        loop = asyncio.get_running_loop()
        promise: Promise = loop.create_future()
        self._raws += raws
        self._requests.append((promise, len(raws)))
        can_wait = len(raws) == 1 and len(self._raws) < GROUP_EVENTS
        if not can_wait or (not self._under_way and len(self._raws) >= self._expected):
            self._hand_over_soon(loop)
        return promise

    def _hand_over_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        """At the end of this turn of the loop."""
        if not self._is_called:
            self._is_called = True
            loop.call_soon(self._hand_over, loop)

    def _gather(self, loop: asyncio.AbstractEventLoop, answered: int) -> None:
        """An append is done: wait for those who were answered, and may send again, for a moment."""
        self._expected = answered + len(self._requests)
        if self._gathering is not None:
            self._gathering.cancel()
        self._gathering = loop.call_later(GATHER_SECONDS, self._stop_gathering, loop)

    def _stop_gathering(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._under_way:
            self._expected = 1
            self._hand_over_soon(loop)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        raws, requests = self._raws, self._requests
        self._raws, self._requests, self._is_called = [], [], False
        if not raws:
            return
        started = time.perf_counter()
        try:
            admitted = self._admit(raws)
            refusals: Sequence[Mapping[int, Refusal]] = ()
            if admitted.refusals:
                requests, refusals = _shared_out(requests, admitted.refusals)
            self._count(admitted)
            if not admitted.events:
                _settle(requests, [], refusals, self._clock())
                return
            records = self._records_of(admitted.events)
            future = self._log.append(records)
        except Exception as error:  # whatever it is, those who wait are told
            _break(requests, error)
            return
        self._under_way += 1
        self._metrics.append_records.observe(len(records))
        size_bytes = sum([len(record.value) for record in records])
        self._metrics.waiting_bytes.inc(size_bytes)

        def keep(done: Future[list[Place]]) -> None:
            self._under_way -= 1
            self._gather(loop, len(requests))
            self._metrics.waiting_bytes.dec(size_bytes)
            self._metrics.append_seconds.observe(time.perf_counter() - started)
            if (error := done.exception()) is not None:
                _break(requests, error)
                return
            self._metrics.events_accepted.inc(len(records))
            _settle(requests, done.result(), refusals, self._clock())

        def tell(done: Future[list[Place]]) -> None:
            with suppress(RuntimeError):  # the loop has ended: nobody waits for this any more
                loop.call_soon_threadsafe(keep, done)

        future.add_done_callback(tell)

    def _count(self, admitted: Admitted) -> None:
        for refusal in admitted.refusals.values():
            self._metrics.events_refused.labels(refusal.reason).inc()
        if admitted.unknown_fields:
            self._metrics.unknown_fields.labels("ingest").inc(admitted.unknown_fields)


def _shared_out(
    requests: Sequence[Request], refusals: Mapping[int, Refusal]
) -> tuple[list[Request], list[Mapping[int, Refusal]]]:
    """How many events of each request were let in, and the refusals of each request."""
    admitted: list[Request] = []
    refused: list[Mapping[int, Refusal]] = []
    first = 0
    for promise, count in requests:
        own = {index - first: refusals[index] for index in range(first, first + count) if index in refusals}
        admitted.append((promise, count - len(own)))
        refused.append(own)
        first += count
    return admitted, refused


def _settle(
    requests: Sequence[Request],
    places: Sequence[Place],
    refusals: Sequence[Mapping[int, Refusal]],
    server_time: str,
) -> None:
    """Tell each request what became of its events; no refusals stand for none at all."""
    first = 0
    for index, (promise, admitted) in enumerate(requests):
        if not promise.done():
            own = refusals[index] if refusals else NO_REFUSALS
            promise.set_result((places[first : first + admitted], own, server_time))
        first += admitted


def _break(requests: Sequence[Request], error: BaseException) -> None:
    for promise, _ in requests:
        if not promise.done():
            promise.set_exception(error)
