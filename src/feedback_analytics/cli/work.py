"""The worker part: joins log, stream, processor and store, and keeps house between transactions."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import structlog
from prometheus_client import CollectorRegistry

from feedback_analytics.cli.installation import TOPICS, append_outgoing, now, open_topics
from feedback_analytics.cli.lag import LagWatch
from feedback_analytics.cli.metrics import MetricsFile, shown_at
from feedback_analytics.cli.mirroring import Mirror
from feedback_analytics.cli.secret import reader_secret
from feedback_analytics.cli.tally import Tally
from feedback_analytics.contract import secret_fingerprint
from feedback_analytics.log import EmbeddedBroker, EventLog, parse_broker
from feedback_analytics.processor import StepClock, TopicIdentity, open_processor
from feedback_analytics.settings import Settings
from feedback_analytics.store import Writer, open_writer
from feedback_analytics.stream import WorkerState, run_worker, worker_lease
from feedback_analytics.telemetry import Metrics, build_metrics

METRICS_SECONDS = 2.0
"""Time between two writings of the metrics file; scrapes are usually 15 s apart."""

RETENTION_SECONDS = 60.0
"""Time between two looks at what the embedded log need not keep any longer."""

PlaceName = tuple[str, int]


def work(settings: Settings, *, until_caught_up: bool = False) -> WorkerState:
    """Process the log into the store until SIGTERM, or until caught up; what the worker did.

    On the embedded log one worker works: another waits for it to end, and one that is to catch up is refused.
    """
    told = structlog.get_logger("worker")
    secret = reader_secret(settings)
    with ExitStack() as stack:
        log = stack.enter_context(open_topics(settings))
        broker = parse_broker(settings.broker)
        if isinstance(broker, EmbeddedBroker):
            on_wait = _tell(told.warning, "waiting")
            stack.enter_context(worker_lease(broker.folder, wait=not until_caught_up, on_wait=on_wait))
        writer = stack.enter_context(open_writer(settings, secret_fingerprint=secret_fingerprint(secret), now=now))
        steps = StepClock()
        processor = stack.enter_context(
            open_processor(
                writer,
                index_dir=settings.data_path / "index",
                identify=lambda topic: _identify(log, topic),
                ends=lambda topic: {partition: held.next for partition, held in log.ranges(topic).items()},
                append=lambda records: append_outgoing(log, records),
                secret=secret,
                now=now,
                worker=settings.worker_name,
                index_cache_bytes=settings.worker.index_cache_bytes,
                steps=steps,
                checkpoint_dir=writer.shared_folder and writer.shared_folder / "checkpoints",
                on_problem=_tell(told.warning, "checkpoint_put_off"),
            )
        )
        registry = CollectorRegistry()
        stack.enter_context(shown_at(settings.telemetry.metrics_address, registry))
        metrics = build_metrics(registry)
        tally, stops = Tally(metrics, steps), _Stops(_tell(told.error, "partition_stopped"))

        def positions() -> dict[PlaceName, int]:
            return dict(processor.positions)

        told_states: list[Callable[[WorkerState], None]] = [tally.add, lambda state: stops.tell(state.stopped)]
        if settings.kafka.dead_letter_topics == "on":
            mirror = Mirror(settings, log, positions, metrics.dead_letters_mirrored, now=now)
            told_states.append(stack.enter_context(mirror).note)

        def on_state(state: WorkerState) -> None:
            for note in told_states:
                note(state)

        file = MetricsFile(settings.data_path / "metrics" / f"{settings.worker_name}.prom", registry)
        chores = [
            _Chore(0.0, lambda: _run_jobs(writer, metrics, told)),
            _Chore(METRICS_SECONDS, file.write),
            _Chore(settings.worker.checkpoint_seconds, processor.save_checkpoints),
            _Chore(RETENTION_SECONDS, lambda: _retain(log, settings, processor.positions)),
        ]
        # What is loaded by now stays: looking through it again cost 0.4 of the collector's 0.8 µs an event.
        gc.freeze()
        stack.enter_context(LagWatch(log, positions, metrics.worker_lag_records))
        told.info("worker_started", worker=settings.worker_name)
        state = run_worker(
            settings,
            processor,
            log,
            until_caught_up=until_caught_up,
            idle=lambda: _do_due(chores),
            on_state=on_state,
        )
        file.write()
        told.info("worker_ended", received=state.received, transactions=state.transactions)
        return state


@dataclass
class _Chore:
    """Something done between transactions, at most once in so many seconds."""

    pause_seconds: float
    do: Callable[[], object]
    due_at: float = 0.0


def _do_due(chores: Sequence[_Chore]) -> None:
    for chore in chores:
        if time.monotonic() >= chore.due_at:
            chore.do()
            chore.due_at = time.monotonic() + chore.pause_seconds


def _run_jobs(writer: Writer, metrics: Metrics, told: Any) -> None:
    started = time.perf_counter()
    done = writer.run_due_jobs()
    if done.finished or done.more_waits:
        metrics.maintenance_seconds.observe(time.perf_counter() - started)
    for job in done.finished:
        told.info("job_ended", kind=str(job.kind), state=str(job.state), told=job.told)
    for problem in done.problems:
        told.warning("maintenance_put_off", why=problem)


def _retain(log: EventLog, settings: Settings, positions: Mapping[PlaceName, int]) -> None:
    """Let the log cut what the store has and nobody needs any longer."""
    older_than_us = int((now().timestamp() - settings.log.retention_seconds) * 1e6)
    for topic in TOPICS:
        stored = {partition: offset for (name, partition), offset in positions.items() if name == topic}
        if stored:
            log.retain(topic, stored, older_than_us)


def _identify(log: EventLog, topic: str) -> TopicIdentity:
    ranges = {partition: (held.earliest, held.next) for partition, held in log.ranges(topic).items()}
    return TopicIdentity(log.log_id(topic), log.partitions(topic), ranges)


class _Stops:
    """Tells once of each partition that must not be processed."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._known: Mapping[PlaceName, str] = {}

    def tell(self, stopped: Mapping[PlaceName, str]) -> None:
        for place, why in stopped.items():
            if self._known.get(place) != why:
                self._tell(why)
        self._known = stopped


def _tell(tell: Callable[..., object], event: str) -> Callable[[str], None]:
    def told(why: str) -> None:
        tell(event, why=why)

    return told
