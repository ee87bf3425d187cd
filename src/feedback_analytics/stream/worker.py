"""The worker: runs the Faust app until it is told to stop, or has caught up with the log."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from typing import Any

from feedback_analytics.contract import ARTICLES_TOPIC, VOTES_TOPIC
from feedback_analytics.errors import FeedbackError, LogError
from feedback_analytics.log import EventLog
from feedback_analytics.settings import Settings
from feedback_analytics.stream.app import FeedbackApp, build_app
from feedback_analytics.stream.pump import BatchProcessor, Place, Pump, WorkerState

CATCH_UP_SECONDS = 0.05
"""How often a worker that is to stop when it has caught up looks whether it has."""


def run_worker(
    settings: Settings,
    processor: BatchProcessor,
    log: EventLog,
    *,
    until_caught_up: bool = False,
    idle: Callable[[], None] = lambda: None,
    on_state: Callable[[WorkerState], None] = lambda state: None,
) -> WorkerState:
    """Process what is in the log and what comes; what the worker did.

    Ends on SIGTERM or SIGINT, after the running transaction; with until_caught_up as soon as the store has everything
    that the log held when the worker began. idle is called in the store thread between transactions, and at least
    every 0.2 s. on_state is told after each transaction and claim.

    Raises what made it impossible to go on; nothing is lost, the next start goes on from the store's positions.
    """
    return asyncio.run(_run(settings, processor, log, until_caught_up, idle, on_state))


async def _run(
    settings: Settings,
    processor: BatchProcessor,
    log: EventLog,
    until_caught_up: bool,
    idle: Callable[[], None],
    on_state: Callable[[WorkerState], None],
) -> WorkerState:
    stopping = asyncio.Event()
    _stop_on_signals(stopping)
    pump = Pump(processor, settings.worker, idle=idle, on_state=on_state)
    app = build_app(settings, pump, log)
    app.finalize()
    tasks = []
    try:
        await app.start()
        tasks.append(asyncio.create_task(pump.run(stopping, app.consumer.perform_seek), name="pump"))
        tasks.append(asyncio.create_task(_watch(app), name="faust"))
        if until_caught_up:
            tasks.append(asyncio.create_task(_catch_up(pump, log), name="caught up"))
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        stopping.set()
        await tasks[0]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await app.stop()
        pump.close()
    return pump.state()


def _stop_on_signals(stopping: asyncio.Event) -> None:
    """Signals come to the main thread only; in another one, the worker ends when it has caught up."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)


async def _watch(app: FeedbackApp) -> None:
    """Raise what Faust crashed of."""
    while not app.crashed:
        await asyncio.sleep(0.1)
    reason: Any = app.crash_reason
    if isinstance(reason, FeedbackError):
        raise reason
    raise LogError(f"the stream ended: {reason!r}. The worker goes on from the store's positions when started again.")


async def _catch_up(pump: Pump, log: EventLog) -> None:
    """Return when the store has all that the log held at the beginning, and what was moved home since."""
    await pump.claimed.wait()
    moved, ends = -1, {}
    while True:
        state = pump.state()
        if state.moved != moved:
            moved, ends = state.moved, await asyncio.to_thread(_ends, log)
        behind = [place for place in state.positions if state.positions[place] < ends[place]]
        if not behind:
            return
        await asyncio.sleep(CATCH_UP_SECONDS)


def _ends(log: EventLog) -> dict[Place, int]:
    return {
        (topic, partition): held.next
        for topic in (VOTES_TOPIC, ARTICLES_TOPIC)
        for partition, held in log.ranges(topic).items()
    }
