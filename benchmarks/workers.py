"""One worker and two on Kafka and PostgreSQL: `python -m benchmarks.workers [--votes 500000] [--rounds 3]`.

The workers own their partitions, and stand still while the votes are sent, so nothing is measured but their work on a
backlog. CPU is that of the
worker processes, by the operating system; where two cores carry the brokers, the server and the sender as well, the
rate says little, and two workers are worth 2 × (CPU per event of one) / (CPU per event of two) of one.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.events import votes
from benchmarks.filling import fill
from benchmarks.peers.processes import SECRET
from benchmarks.table import HEADER, machine, row
from feedback_analytics.contract import VOTES_TOPIC
from feedback_analytics.errors import FeedbackError
from feedback_analytics.settings import Settings, read_settings
from feedback_analytics.store import Position, open_reader
from feedback_analytics.stream.app import SESSION_SECONDS
from tests.support.kafka import kafka_servers, remove_our_topics
from tests.support.postgres import running_cluster

LEAST_WORTH = 1.6
WAIT_SECONDS = 600
MOST_STANDING_SECONDS = SESSION_SECONDS - 2
"""Longer, and its partitions would go to the other one."""

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Measured:
    events_per_second: float
    cpu_us: float


def measure(names: Sequence[str], count: int, servers: str, store_url: str, folder: Path) -> Measured:
    """So many workers over so many votes, which come while they stand still; each owns partitions then."""
    environ = {
        **os.environ,
        "FEEDBACK_BROKER_URL": f"kafka://{servers}",
        "FEEDBACK_STORE_URL": store_url,
        "FEEDBACK_READER_SECRET": SECRET,
    }
    settings = read_settings({}, environ={name: value for name, value in environ.items() if "FEEDBACK_" in name})
    with ExitStack() as stack:
        workers = []
        for name in names:
            command = [sys.executable, "-m", "feedback_analytics", "worker", "--data", str(folder / name)]
            worker = subprocess.Popen(command, env={**environ, "FEEDBACK_WORKER_NAME": name}, stderr=subprocess.DEVNULL)
            stack.callback(worker.wait)
            stack.callback(worker.terminate)
            workers.append(worker)
        _wait(lambda: set(_owners(settings).values()) == set(names))
        for worker in workers:
            worker.send_signal(signal.SIGSTOP)
        stopped_at = time.monotonic()
        fill(settings, votes(count))
        if time.monotonic() - stopped_at > MOST_STANDING_SECONDS:
            raise SystemExit("the votes took longer than a worker may stand still: fewer --votes")
        before, begun = _cpu_seconds(workers), time.monotonic()
        for worker in workers:
            worker.send_signal(signal.SIGCONT)
        _wait(lambda: sum(_offsets(settings).values()) == count)
        return Measured(count / (time.monotonic() - begun), (_cpu_seconds(workers) - before) / count * 1e6)


def _owners(settings: Settings) -> dict[int, str | None]:
    return {one.partition: one.worker for one in _positions(settings)}


def _offsets(settings: Settings) -> dict[int, int]:
    return {one.partition: one.next_offset for one in _positions(settings)}


def _positions(settings: Settings) -> list[Position]:
    try:
        with open_reader(settings) as reader:
            return [one for one in reader.positions() if one.topic == VOTES_TOPIC]
    except FeedbackError:
        return []


def _cpu_seconds(workers: Sequence[subprocess.Popen[bytes]]) -> float:
    """User and system time of these processes so far."""
    fields = [Path(f"/proc/{worker.pid}/stat").read_text().rsplit(")", 1)[1].split() for worker in workers]
    return sum(int(one[11]) + int(one[12]) for one in fields) / TICKS


def _wait(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit(f"it did not come to it within {WAIT_SECONDS} s")
        time.sleep(0.2)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--votes", type=int, default=500_000)
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    before = machine()
    results: dict[int, list[Measured]] = {1: [], 2: []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="feedback-bench-")))
        servers, cluster = stack.enter_context(kafka_servers()), stack.enter_context(running_cluster())
        for turn in range(given.rounds):
            for number, rounds in results.items():
                remove_our_topics(servers)
                place = folder / f"{turn}-{number}"
                url = cluster.url(cluster.fresh_database(), place / "shared")
                names = [f"worker-{turn}-{number}-{at}" for at in range(number)]
                measured = measure(names, given.votes, servers, url, place)
                rounds.append(measured)
                print(
                    f"{turn + 1} {number} worker(s): {measured.cpu_us:6.2f} µs CPU/event  "
                    f"{measured.events_per_second:9,.0f} events/s",
                    flush=True,
                )
    cpu = {number: statistics.median(one.cpu_us for one in rounds) for number, rounds in results.items()}
    worth = 2 * cpu[1] / cpu[2]
    print(f"\n{before}\n{given.votes:,} votes, {given.rounds} rounds, medians\n\n{HEADER}")
    told = f"{worth:.2f} times by CPU ({cpu[1]:.2f} and {cpu[2]:.2f} µs/event)"
    print(row("workers: two on PostgreSQL are worth of one", told, f"≥ {LEAST_WORTH} times", worth >= LEAST_WORTH))
    if worth < LEAST_WORTH:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
