"""Work between commits: jobs of other processes, and the maintenance that is due, in slices of at most 0.3 s."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import duckdb

from feedback_analytics.errors import FeedbackError, StoreBusy, StoreUnreachable
from feedback_analytics.settings import StoreSettings
from feedback_analytics.store.jobs import Job, JobKind, JobQueue, JobState
from feedback_analytics.store.lake import told_by
from feedback_analytics.store.maintenance import Maintenance
from feedback_analytics.store.notes import note_annotation, note_delivery, note_view
from feedback_analytics.store.positions import accept_loss
from feedback_analytics.store.told_drops import note_drops, noted_sentence
from feedback_analytics.store.transactions import WritableLake

BUSY_PAUSE_SECONDS = 1.0
"""Wait before a job is begun anew that others were in the way of."""

Write = Callable[[duckdb.DuckDBPyConnection, Mapping[str, Any], datetime], str]


@dataclass(frozen=True, slots=True)
class DoneWork:
    """What one call did. more_waits: call again soon. finished: jobs that are over now. problems: what went wrong in
    the background, a sentence each; it is tried again at the next round."""

    more_waits: bool
    finished: tuple[Job, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass
class _Running:
    """A job or a round of maintenance on its way: the rest of its slices, and what it did so far."""

    slices: Iterator[str]
    job: Job | None
    told: list[str] = field(default_factory=list)


class StoreWork:
    """Runs jobs and maintenance for the writer, a slice at a time."""

    def __init__(
        self,
        queue: JobQueue,
        lake: WritableLake,
        maintenance: Maintenance,
        settings: StoreSettings,
        now: Callable[[], datetime],
        *,
        leads: Callable[[], bool],
    ) -> None:
        """leads: whether this is the writer that runs jobs and maintenance now; asked before each of them."""
        self._queue, self._lake, self._maintenance, self._now = queue, lake, maintenance, now
        self._leads = leads
        self._pause = timedelta(seconds=settings.maintenance_seconds)
        self._due_at = now() + self._pause
        self._running: _Running | None = None
        self._busy_until = 0.0

    def run(self, budget_seconds: float) -> DoneWork:
        """Run slices until the budget is used up; a slice that has begun is finished."""
        finished: list[Job] = []
        problems: list[str] = []
        try:
            return self._run(time.monotonic() + budget_seconds, finished, problems)
        except StoreUnreachable as error:
            # Of the lead or the queue; what ran is begun anew by whoever leads then.
            self._running = None
            return DoneWork(False, tuple(finished), (*problems, str(error)))

    def _run(self, deadline: float, finished: list[Job], problems: list[str]) -> DoneWork:
        while True:
            if not self._leads():
                self._running = None
                return DoneWork(False, tuple(finished), tuple(problems))
            self._running = self._running or self._next()
            if self._running is None:
                return DoneWork(False, tuple(finished), tuple(problems))
            if time.monotonic() >= deadline:
                return DoneWork(True, tuple(finished), tuple(problems))
            self._run_slice(self._running, finished, problems)

    def close(self) -> None:
        self._queue.close()

    def _next(self) -> _Running | None:
        job = self._queue.next_waiting() if time.monotonic() >= self._busy_until else None
        if job is not None:
            self._queue.note(job.job_id, JobState.RUNNING, "")
            return _Running(self._slices(job), job)
        if self._now() >= self._due_at:
            self._due_at = self._now() + self._pause
            return _Running(self._maintenance.round(), None)
        return None

    def _run_slice(self, running: _Running, finished: list[Job], problems: list[str]) -> None:
        try:
            running.told.append(next(running.slices))
            if running.job:
                self._queue.note(running.job.job_id, JobState.RUNNING, running.told[-1])
            return
        except StopIteration:
            state, told = JobState.DONE, "; ".join(running.told) or "nothing to do"
        except StoreBusy as error:
            self._running = None
            if running.job:
                self._put_off(running.job, error)
                return
            state, told = JobState.FAILED, str(error)
        except FeedbackError as error:
            state, told = JobState.FAILED, str(error)
        except duckdb.Error as error:
            state, told = JobState.FAILED, told_by(error)
        except OSError as error:
            state, told = JobState.FAILED, f"{error.filename or 'the disk'}: {error.strerror}"
        self._running = None
        if running.job:
            self._queue.note(running.job.job_id, state, told)
            finished.append(self._queue.read(running.job.job_id))
        elif state is JobState.FAILED:
            problems.append(told)

    def _put_off(self, job: Job, error: StoreBusy) -> None:
        """Others were in the way: begin the job anew, later. Every job may be run twice."""
        self._queue.note(job.job_id, JobState.WAITING, str(error))
        self._busy_until = time.monotonic() + BUSY_PAUSE_SECONDS

    def _slices(self, job: Job) -> Iterator[str]:
        match job.kind:
            case JobKind.MAINTENANCE:
                return self._maintenance.round(thorough=True)
            case JobKind.ACCEPT_LOSS:
                return self._accept_loss(**job.arguments)
            case JobKind.NOTE_DROPS:
                return self._note_drops(job.arguments)
            case JobKind.NOTE_ANNOTATION:
                return self._written(note_annotation, job.arguments)
            case JobKind.NOTE_VIEW:
                return self._written(note_view, job.arguments)
            case JobKind.NOTE_DELIVERY:
                return self._written(note_delivery, job.arguments)

    def _accept_loss(self, log_id: str, topic: str, partition: int, offset: int) -> Iterator[str]:
        with self._lake.transaction() as engine:
            former = accept_loss(engine, (log_id, topic, partition), offset, self._now())
        if former.log_id == log_id:
            yield f"{topic}[{partition}] goes on at {offset}; {former.next_offset} to {offset - 1} are accepted as lost"
        else:
            yield (
                f"{topic}[{partition}] goes on at {offset} of log {log_id}; "
                f"what log {former.log_id} held from {former.next_offset} on is accepted as lost"
            )

    def _written(self, write: Write, arguments: Mapping[str, Any]) -> Iterator[str]:
        with self._lake.transaction() as engine:
            told = write(engine, arguments, self._now())
        yield told

    def _note_drops(self, arguments: Mapping[str, Any]) -> Iterator[str]:
        with self._lake.transaction() as engine:
            written = note_drops(engine, arguments, self._now())
        yield noted_sentence(written, len(arguments["notes"]))
