"""The pump: fetched batches wait here for company, and go to the processor in one transaction.

Group commit: batches collect for up to `max_wait_seconds` or `max_batch_records`, and while a transaction runs; the
next one takes them. One thread, the store thread, owns processor and store; a batch is acked after its transaction.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from feedback_analytics.errors import FeedbackError, Fenced, LogError, StoreBusy, StoreUnreachable
from feedback_analytics.processor import Batch, BatchResult
from feedback_analytics.settings import WorkerSettings

MAX_TRIES = 12
"""Tries of one transaction that meets a busy store: with growing pauses, about a minute."""

MAX_PAUSE_SECONDS = 10.0
"""Longest pause between two tries."""

FENCED_PAUSE_SECONDS = 2.5
"""Wait before claiming again after a fence: a heartbeat, so that a rebalance under way is seen first."""

STOPPED_PAUSE_SECONDS = 30.0
"""How often partitions that stand still are claimed again, in case an operator has accepted the loss."""

SETTLE_SECONDS = 2.0
"""How long a rebalance waits for the transaction that runs; its outcome is right either way."""

IDLE_SECONDS = 0.2
"""Longest time between two looks at the background jobs while no records come."""

Place = tuple[str, int]


class BatchProcessor(Protocol):
    """What the pump needs of the processor; every call comes from the store thread."""

    positions: dict[Place, int]
    stopped: dict[Place, str]

    def claim(self, places: set[Place]) -> dict[Place, int]: ...

    def process(self, batches: Sequence[Batch]) -> BatchResult | None: ...


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What a worker tells of itself: positions, partitions that stand still and why, what it did since its start.

    problem is what the last try of a transaction met; empty when it went well. rebalances counts those that ended;
    rebalance_seconds is how long the last of them took.
    """

    positions: dict[Place, int]
    stopped: dict[Place, str]
    received: int
    transactions: int
    retries: int
    fenced: int
    last: BatchResult | None
    moved: int = 0
    problem: str = ""
    rebalances: int = 0
    rebalance_seconds: float = 0.0


@dataclass(slots=True)
class _Told:
    """Counts since the start of the worker."""

    received: int = 0
    transactions: int = 0
    retries: int = 0
    fenced: int = 0
    moved: int = 0
    last: BatchResult | None = None
    problem: str = ""
    rebalances: int = 0
    rebalance_seconds: float = 0.0


class Pump:
    """Between Faust's agent and the processor. Lives on the event loop; works in the store thread."""

    def __init__(
        self,
        processor: BatchProcessor,
        settings: WorkerSettings,
        *,
        idle: Callable[[], None],
        on_state: Callable[[WorkerState], None],
    ) -> None:
        self._processor, self._settings = processor, settings
        self._idle, self._on_state = idle, on_state
        self._thread = ThreadPoolExecutor(1, "store")
        self._waiting: deque[Any] = deque()
        self._records = 0
        self._arrived, self._room = asyncio.Event(), asyncio.Event()
        self._told = _Told()
        self._is_outdated = False
        self._looked_at_stopped = 0.0
        self._reclaim: Callable[[], Awaitable[None]] | None = None
        self.epoch = 0
        self.claimed = asyncio.Event()

    @property
    def max_batch_records(self) -> int:
        return self._settings.max_batch_records

    def position_of(self, place: Place) -> int | None:
        """The next offset that the store wants of a partition; None when it is not ours."""
        return self._processor.positions.get(place)

    async def put(self, event: Any) -> None:
        """Take a Faust event whose value is a Fetched; returns when there is room for more."""
        self._waiting.append(event)
        self._records += len(event.value.batch)
        self._arrived.set()
        while self._records >= self._settings.max_batch_records:
            self._room.clear()
            await self._room.wait()

    async def run(self, stopping: asyncio.Event, reclaim: Callable[[], Awaitable[None]]) -> None:
        """Feed the processor until told to stop; what waits then is still in the log.

        reclaim makes the consumer ask for its positions again and fetch from there.
        """
        self._reclaim = reclaim
        while not stopping.is_set():
            await self._wait_for_records(stopping)
            if self._waiting:
                await self._wait_for_company(stopping)
            if self._waiting and not stopping.is_set():
                await self._process_waiting()
            await self._in_store_thread(self._idle)
            await self._claim_outdated()

    async def _wait_for_records(self, stopping: asyncio.Event) -> None:
        if not self._waiting and not stopping.is_set():
            self._arrived.clear()
            await _wait(self._arrived, IDLE_SECONDS)

    async def _wait_for_company(self, stopping: asyncio.Event) -> None:
        """Until the wait is over, enough has come, or the service stops."""
        deadline = asyncio.get_running_loop().time() + self._settings.max_wait_seconds
        while self._records < self._settings.max_batch_records and not stopping.is_set():
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return
            self._arrived.clear()
            await _wait(self._arrived, left)

    async def _process_waiting(self) -> None:
        events = self._take()
        fresh = [event for event in events if event.value.epoch == self.epoch]
        if fresh and await self._process([event.value.batch for event in fresh]):
            for event in fresh:
                event.ack()

    def _take(self) -> list[Any]:
        """What waits, up to max_batch_records; at least one batch."""
        taken: list[Any] = []
        records = 0
        while self._waiting and (not taken or records + len(self._waiting[0].value.batch) <= self.max_batch_records):
            taken.append(self._waiting.popleft())
            records += len(taken[-1].value.batch)
        self._records -= records
        self._room.set()
        return taken

    async def _process(self, batches: Sequence[Batch]) -> bool:
        """One transaction; False when we were fenced."""
        try:
            self._note(await self._patiently(self._processor.process, batches))
            return True
        except Fenced as error:
            self._told.fenced += 1
            self._tell_problem(error)
            await self._claim_after_heartbeat()
            return False

    async def _patiently(self, work: Callable[..., Any], *given: Any) -> Any:
        """Do it in the store thread; again, with growing pauses, while the store is busy.

        Brokers, or a server of the catalog, that do not answer are waited for, however long it takes: a new start could
        do no more.
        """
        tries = 0
        while True:
            try:
                return await self._in_store_thread(work, *given)
            except (StoreBusy, LogError) as error:
                tries += 1
                if isinstance(error, LogError) and error.retry_after_seconds is None:
                    raise
                if tries >= MAX_TRIES and not _is_away(error):
                    raise
                self._told.retries += 1
                self._tell_problem(error)
                pause = min(MAX_PAUSE_SECONDS, 0.05 * 2 ** min(tries, MAX_TRIES))
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))

    async def _claim_after_heartbeat(self) -> None:
        """Drop what was fetched; claim anew only if nothing was rebalanced meanwhile.

        Else two workers would take the partition from each other in turn.
        """
        epoch = self.begin_epoch()
        await asyncio.sleep(FENCED_PAUSE_SECONDS)
        if self.epoch == epoch:
            self._is_outdated = True

    async def _claim_outdated(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._processor.stopped and now > self._looked_at_stopped + STOPPED_PAUSE_SECONDS:
            self._is_outdated = True
        if self._is_outdated and self._reclaim is not None:
            self._is_outdated = False
            await self._reclaim()

    def _note(self, result: BatchResult | None) -> None:
        self._told.problem = ""
        if result is not None:
            self._told.transactions += 1
            self._told.received += result.received
            self._told.moved += result.moved
            self._told.last = result
        self._on_state(self.state())

    def _tell_problem(self, error: FeedbackError) -> None:
        self._told.problem = str(error)
        self._on_state(self.state())

    def note_rebalance(self, seconds: float) -> None:
        """A rebalance has ended, after so long."""
        self._told.rebalances += 1
        self._told.rebalance_seconds = seconds
        self._on_state(self.state())

    def start_over(self) -> None:
        """Drop what was fetched, and ask for the positions again soon."""
        self.begin_epoch()
        self._is_outdated = True
        self._arrived.set()

    def begin_epoch(self) -> int:
        """What was fetched so far is stale from now on."""
        self.epoch += 1
        self._waiting.clear()
        self._records = 0
        self._room.set()
        return self.epoch

    async def claim(self, places: set[Place]) -> dict[Place, int]:
        """Take over these partitions: the next offset of each; the answer begins another epoch."""
        self.begin_epoch()
        self._looked_at_stopped = asyncio.get_running_loop().time()
        found: dict[Place, int] = await self._patiently(self._processor.claim, places)
        self._on_state(self.state())
        self.claimed.set()
        # Whatever was fetched while the claim ran was fetched from the old positions.
        self.begin_epoch()
        return found

    async def settle(self) -> None:
        """Drop what waits, and give the transaction that runs now a moment to end."""
        self.begin_epoch()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                await self._in_store_thread(lambda: None)

    def state(self) -> WorkerState:
        """A copy of what the worker would tell of itself now."""
        told, processor = self._told, self._processor
        return WorkerState(
            dict(processor.positions),
            dict(processor.stopped),
            told.received,
            told.transactions,
            told.retries,
            told.fenced,
            told.last,
            told.moved,
            told.problem,
            told.rebalances,
            told.rebalance_seconds,
        )

    def close(self) -> None:
        self._thread.shutdown(wait=True)

    async def _in_store_thread(self, work: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)


def _is_away(error: FeedbackError) -> bool:
    """True when the brokers, or the server of the catalog, do not answer now."""
    return isinstance(error, StoreUnreachable | LogError)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, at most so long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
