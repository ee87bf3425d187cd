"""One run of a process over the topic: what it used as the operating system counts it, and when it committed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

import feedback_analytics

ROOT = Path(__file__).parents[2]
PEERS_PYTHON = ROOT / ".venv-peers" / "bin" / "python"
SECRET = "5e" * 32
"""A worker on Kafka wants one given; these votes carry the keys of readers already."""

START_SECONDS, LEAST_RATE = 120, 2_000
"""A run that takes longer than the start and its votes at this rate is ended."""


@dataclass(frozen=True)
class Commits:
    """Rows that were there after each commit, and when, in seconds since 1970."""

    at: Sequence[float]
    rows: Sequence[int]

    @property
    def events_per_second(self) -> float:
        """Between the first and the last commit: without the start of the process and the first batch's wait."""
        return (self.rows[-1] - self.rows[0]) / (self.at[-1] - self.at[0])


@dataclass(frozen=True)
class Measured:
    """One run. CPU and memory are those of the whole process, start and end included."""

    events_per_second: float
    cpu_us: float
    seconds_to_last_row: float
    peak_megabytes: float


@dataclass(frozen=True)
class Ended:
    """A process that has ended well."""

    started_at: float
    cpu_seconds: float
    peak_megabytes: float

    def measured(self, votes: int, commits: Commits) -> Measured:
        if commits.rows[-1] != votes:
            raise SystemExit(f"{commits.rows[-1]:,} rows were committed of {votes:,}")
        return Measured(
            commits.events_per_second,
            self.cpu_seconds / votes * 1e6,
            commits.at[-1] - self.started_at,
            self.peak_megabytes,
        )


def run_worker(servers: str, votes: int, folder: Path) -> Measured:
    """`feedback worker` over the topic into a new store, with everything that it does; proved by store and ledger."""
    broker = {"FEEDBACK_BROKER_URL": f"kafka://{servers}", "FEEDBACK_READER_SECRET": SECRET}
    command = [sys.executable, "-m", "feedback_analytics", "worker", "--until-caught-up", "--data", str(folder)]
    ended = _run(command, votes, broker)
    with feedback_analytics.connect(str(folder)) as lake:
        found = lake.sql(
            "select (select count(*) from mart.votes), (select count(distinct event_id) from mart.votes),"
            " (select sum(stored) from raw.ledger), (select sum(received) from raw.ledger)"
        ).fetchall()
        commits = lake.sql(
            "select epoch(committed_at), sum(sum(stored)) over (order by committed_at)"
            " from raw.batches group by committed_at order by committed_at"
        ).fetchall()
    _prove(found, votes, 4)
    return ended.measured(votes, Commits([float(at) for at, _ in commits], [int(rows) for _, rows in commits]))


def run_peer(name: str, servers: str, topic: str, votes: int, folder: Path) -> Measured:
    """A peer over the topic into a new DuckDB file; proved by the rows of its table."""
    folder.mkdir()
    file = folder / "votes.duckdb"
    command = [str(PEERS_PYTHON), "-m", f"benchmarks.peers.{name}", servers, topic, str(votes), str(file)]
    ended = _run(command, votes, {})
    with duckdb.connect(str(file), read_only=True) as database:
        found = database.execute("select count(*), count(distinct id) from votes").fetchall()
    _prove(found, votes, 2)
    commits = [line.split() for line in Path(f"{file}.commits").read_text().splitlines()]
    return ended.measured(votes, Commits([float(at) for at, _ in commits], [int(rows) for _, rows in commits]))


def _prove(found: list[tuple[int, ...]], votes: int, counts: int) -> None:
    """Every vote is there, and once."""
    if found != [(votes,) * counts]:
        raise SystemExit(f"there are {found} rows and distinct ids, not {votes}")


def _run(command: list[str], votes: int, environ: Mapping[str, str]) -> Ended:
    limit_seconds = START_SECONDS + votes / LEAST_RATE
    with tempfile.TemporaryFile() as output:
        started_at = time.time()
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environ}, stdout=output, stderr=subprocess.STDOUT
        )
        watchdog = threading.Timer(limit_seconds, process.kill)
        watchdog.start()
        _, status, usage = os.wait4(process.pid, 0)
        watchdog.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            told = output.read().decode(errors="replace")[-2000:]
            raise SystemExit(f"{' '.join(command)}\nended with {process.returncode}\n{told}")
    return Ended(started_at, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
