"""Jobs: what other processes ask of the one that writes, or leads those that write.

Kept in `jobs.sqlite` of the data directory, or beside the catalog on its server. A job survives its worker: one that
was running when its worker died is run again by the next, so every kind of job may be run twice. The queue holds no
data of readers and may be deleted while nothing waits.
"""

from __future__ import annotations

import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from feedback_analytics.errors import StoreError
from feedback_analytics.settings import Settings
from feedback_analytics.store.location import LakeServer, locate_store
from feedback_analytics.store.server import CatalogServer
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


class JobQueue(ABC):
    """A queue. Any number of processes submit; the one that leads runs."""

    def submit(self, kind: JobKind, arguments: Mapping[str, Any]) -> int:
        """Ask for a job; its id."""
        query = "insert into jobs (kind, arguments) values ($1, $2) returning job_id"
        return int(self._rows(query, str(kind), json.dumps(arguments))[0][0])

    def read(self, job_id: int) -> Job:
        """How far the job is. Raises StoreError when the queue has lost it."""
        rows = self._rows(statement("job_by_id"), job_id)
        if not rows:
            raise StoreError("the job queue lost a job: it was deleted while the job waited. Ask for it again.")
        return _job(rows[0])

    def next_waiting(self) -> Job | None:
        """The oldest job that is not over. One that is `running` was left by a worker that died: run it again."""
        rows = self._rows(statement("next_job"))
        return _job(rows[0]) if rows else None

    def note(self, job_id: int, state: JobState, told: str) -> None:
        """Say how far the job is."""
        self._rows("update jobs set state = $1, told = $2 where job_id = $3", str(state), told, job_id)

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def _rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """The rows of one statement on the table `jobs`, with parameters $1, $2 and so on."""


def open_queue(settings: Settings, server: CatalogServer | None = None) -> JobQueue:
    """The queue of this installation. server: a session to use with it; without one the queue opens its own."""
    place = locate_store(settings.store_location)
    if isinstance(place, LakeServer):
        return JobTable(server or CatalogServer(place, worker=None, idle_seconds=OWN_SESSION_SECONDS), server is None)
    return JobFile(settings.data_path)


OWN_SESSION_SECONDS = 3600.0
"""Life of an idle session of one who waits for a job."""


class JobTable(JobQueue):
    """The queue of a PostgreSQL catalog: a table beside it, in a schema of its own."""

    def __init__(self, server: CatalogServer, is_own: bool) -> None:
        self._server, self._is_own = server, is_own
        for command in statement("jobs_table").split(";"):
            if command.strip():
                server.rows(command.encode())

    def close(self) -> None:
        if self._is_own:
            self._server.close()

    def _rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self._server.rows(query.encode(), parameters)


class JobFile(JobQueue):
    """The queue of a data directory: a SQLite file."""

    def __init__(self, data_path: Path) -> None:
        data_path.mkdir(parents=True, exist_ok=True)
        try:
            self._file = sqlite3.connect(
                data_path / "jobs.sqlite", timeout=10, isolation_level=None, check_same_thread=False
            )
            self._file.executescript(statement("jobs_file"))
        except sqlite3.Error as error:
            raise StoreError(f"cannot open the job queue {data_path / 'jobs.sqlite'}: {error}.") from error

    def close(self) -> None:
        self._file.close()

    def _rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        # SQLite writes ?1 for what PostgreSQL writes $1.
        return self._file.execute(query.replace("$", "?"), parameters).fetchall()


def _job(row: tuple[Any, ...]) -> Job:
    job_id, kind, arguments, state, told = row
    return Job(job_id, JobKind(kind), json.loads(arguments), JobState(state), told)
