"""Jobs: what other processes ask of the one that writes, in `jobs.sqlite` of the data directory.

A job survives its worker: one that was running when its worker died is run again by the next, so every kind of job may
be run twice. The file holds no data of readers and may be deleted while nothing waits.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from feedback_analytics.errors import StoreError
from feedback_analytics.store.statements import statement


class JobKind(StrEnum):
    """What can be asked for."""

    MAINTENANCE = "maintenance"
    ACCEPT_LOSS = "accept_loss"
    NOTE_DROPS = "note_drops"
    NOTE_ANNOTATION = "note_annotation"
    NOTE_VIEW = "note_view"
    NOTE_DELIVERY = "note_delivery"


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """One job; told says how far it is, what it did, or why it failed."""

    job_id: int
    kind: JobKind
    arguments: Mapping[str, Any]
    state: JobState
    told: str

    @property
    def is_over(self) -> bool:
        return self.state in (JobState.DONE, JobState.FAILED)


class JobQueue:
    """The queue of a data directory. Any number of processes submit; the holder of the write lease runs."""

    def __init__(self, data_path: Path) -> None:
        data_path.mkdir(parents=True, exist_ok=True)
        try:
            self._file = sqlite3.connect(
                data_path / "jobs.sqlite", timeout=10, isolation_level=None, check_same_thread=False
            )
            self._file.executescript(statement("jobs_file"))
        except sqlite3.Error as error:
            raise StoreError(f"cannot open the job queue {data_path / 'jobs.sqlite'}: {error}.") from error

    def submit(self, kind: JobKind, arguments: Mapping[str, Any]) -> int:
        """Ask for a job; its id."""
        row = self._one(
            "insert into jobs (kind, arguments) values (?, ?) returning job_id", kind, json.dumps(arguments)
        )
        return int(row[0])

    def read(self, job_id: int) -> Job:
        return _job(self._one(statement("job_by_id"), job_id))

    def next_waiting(self) -> Job | None:
        """The oldest job that is not over. One that is `running` was left by a worker that died: run it again."""
        row = self._file.execute(statement("next_job")).fetchone()
        return _job(row) if row else None

    def note(self, job_id: int, state: JobState, told: str) -> None:
        self._file.execute("update jobs set state = ?, told = ? where job_id = ?", (state, told, job_id))

    def close(self) -> None:
        self._file.close()

    def _one(self, query: str, *parameters: object) -> tuple[Any, ...]:
        row = self._file.execute(query, parameters).fetchone()
        if row is None:
            raise StoreError("the job queue lost a job: jobs.sqlite was deleted while it waited. Ask for it again.")
        return tuple(row)


def _job(row: tuple[Any, ...]) -> Job:
    job_id, kind, arguments, state, told = row
    return Job(job_id, JobKind(kind), json.loads(arguments), JobState(state), told)
