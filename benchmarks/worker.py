"""The worker's cost per event: `python -m benchmarks.worker [--votes 1000000] [--history 20000000]`.

Each case is a process of its own, run by the service's own command on the embedded log, with all semantics on; CPU is
that of the whole process as the operating system counts it, start included, and by step as the worker counts it.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from prometheus_client.parser import text_string_to_metric_families

import feedback_analytics
from benchmarks.events import votes
from benchmarks.filling import fill
from benchmarks.table import row
from feedback_analytics.settings import read_settings

LEAST_SLOWEST = 0.8
"""What "steady to the end" is taken to mean."""


@dataclass(frozen=True)
class Measured:
    """One run of the worker over a backlog."""

    events: int
    wall_seconds: float
    cpu_seconds: float
    peak_megabytes: float
    steps: dict[str, float]

    @property
    def cpu_us(self) -> float:
        return self.cpu_seconds / self.events * 1e6


def run_worker(data: Path, events: int) -> Measured:
    """`feedback worker --until-caught-up` over what waits in the log."""
    command = [sys.executable, "-m", "feedback_analytics", "worker", "--until-caught-up", "--data", str(data)]
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    if status:
        raise SystemExit(f"the worker ended with {os.waitstatus_to_exitcode(status)}")
    steps = _cpu_by_step((data / "metrics" / "worker-1.prom").read_text(), events)
    return Measured(events, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, steps)


def _cpu_by_step(metrics: str, events: int) -> dict[str, float]:
    """µs of CPU per event by step, from the worker's own metrics."""
    return {
        sample.labels["step"]: sample.value / events * 1e6
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if sample.name == "feedback_worker_step_cpu_seconds_total"
    }


def slowest_fifth(data: Path) -> float:
    """The rate of the slowest fifth of a backlog's records, by the times of their commits, as a share of the mean."""
    query = "select epoch(committed_at) as committed, sum(stored) as stored from raw.batches group by all order by all"
    with feedback_analytics.connect(str(data)) as lake:
        commits = lake.sql(query).df()
    at, done = commits["committed"].to_numpy(), commits["stored"].cumsum().to_numpy()
    edges = np.interp(np.linspace(done[0], done[-1], 6), done, at)
    return float((at[-1] - at[0]) / 5 / np.diff(edges).max())


def case(name: str, data: Path, make: Iterator[tuple[bytes, bytes]], rounds: list[Measured]) -> None:
    """One round of a case, printed as it comes."""
    measured = run_worker(data, fill(read_settings({"data_dir": str(data)}), make))
    rounds.append(measured)
    print(
        f"{name:<34} {measured.cpu_us:6.2f} µs CPU/event  {measured.events / measured.wall_seconds:9,.0f} events/s  "
        f"peak {measured.peak_megabytes:4.0f} MB",
        flush=True,
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--votes", type=int, default=1_000_000)
    options.add_argument("--history", type=int, default=20_000_000, help="votes the store holds in the second case")
    options.add_argument("--backlog", type=int, default=5_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--cases", default="empty,history,revotes,backlog")
    given = options.parse_args()
    cases = given.cases.split(",")
    results: dict[str, list[Measured]] = {name: [] for name in cases}
    with tempfile.TemporaryDirectory(prefix="feedback-bench-") as folder:
        root = Path(folder)
        if "empty" in cases:
            for turn in range(given.rounds):
                case("new readers, empty store", root / f"empty-{turn}", votes(given.votes), results["empty"])
                shutil.rmtree(root / f"empty-{turn}")
        if "backlog" in cases:
            case("backlog, empty store", root / "backlog", votes(given.backlog), results["backlog"])
            slowest = slowest_fifth(root / "backlog")
            shutil.rmtree(root / "backlog")
        if "history" in cases or "revotes" in cases:
            full = root / "full"
            count = fill(read_settings({"data_dir": str(full)}), votes(given.history, seed=1))
            loaded = run_worker(full, count)
            print(f"history of {count:,} loaded at {loaded.cpu_us:.2f} µs CPU/event", flush=True)
            for turn in range(given.rounds):
                first = given.history + turn * given.votes
                case(
                    f"new readers, {given.history / 1e6:.0f} M stand", full,
                    votes(given.votes, seed=100 + turn, first_reader=first), results.setdefault("history", []),
                )  # fmt: skip
            for turn in range(given.rounds):
                case("20 % re-votes", full, revotes(given, turn), results.setdefault("revotes", []))
    summary(results)
    if "backlog" in cases:
        held = slowest >= LEAST_SLOWEST
        print(row("worker: the backlog's slowest fifth", f"{slowest:.2f} of the mean rate", f"≥ {LEAST_SLOWEST}", held))


def revotes(given: argparse.Namespace, turn: int) -> Iterator[tuple[bytes, bytes]]:
    """Four new readers, then one of the history who answers again for the same target."""
    old = votes(given.votes // 5, seed=1, first_reader=0)
    new = votes(given.votes - given.votes // 5, seed=200 + turn, first_reader=10**9 + turn * given.votes)
    later = f"2026-11-{10 + turn:02d}T".encode()
    for number, (key, value) in enumerate(old):
        yield from islice(new, 4)
        # The same target, another id and a later time.
        changed = value.replace(b'"id":"', f'"id":"{turn}-{number}-'.encode(), 1)
        yield key, changed.replace(b'"time":"2026-10-01T', b'"time":"' + later, 1)
    yield from new


def figures(results: dict[str, list[Measured]]) -> list[str]:
    """The rows of the table. A later case is measured against the first one of the same run."""
    cpu = {name: statistics.median(one.cpu_us for one in rounds) for name, rounds in results.items() if rounds}
    first, rows = cpu.get("empty"), []
    if first is not None:
        rows.append(row("worker: votes of new readers", f"{first:.2f} µs CPU/event", "≤ 14 µs", first <= 14))
    ratios = {
        "history": ("worker: on a store that holds many", 1.25),
        "revotes": ("worker: a fifth of them re-votes", 1.4),
    }
    for name, (case, most) in ratios.items():
        if first is not None and name in cpu:
            measured = f"{cpu[name] / first:.2f} times ({cpu[name]:.2f} µs)"
            rows.append(row(case, measured, f"≤ {most} times", cpu[name] <= most * first))
    if backlog := results.get("backlog"):
        peak, rate = backlog[0].peak_megabytes, backlog[0].events / backlog[0].wall_seconds
        case = f"worker: backlog of {backlog[0].events:,}, memory"
        rows.append(row(case, f"{peak:.0f} MB ({rate:,.0f} events/s)", "< 700 MB", peak < 700))
    return rows


def summary(results: dict[str, list[Measured]]) -> None:
    """Medians, and the cost by step of each case's median round."""
    print("\nmedians, µs CPU per event of the whole process")
    for name, rounds in results.items():
        if rounds:
            print(f"  {name:<10} {statistics.median(one.cpu_us for one in rounds):6.2f}")
    for line in figures(results):
        print(line)
    for name, rounds in results.items():
        if rounds:
            steps = sorted(rounds, key=lambda one: one.cpu_us)[len(rounds) // 2].steps
            print(f"by step, {name}: " + " · ".join(f"{step} {cost:.2f}" for step, cost in steps.items()))
    print(f"page size {resource.getpagesize()}, {os.cpu_count()} cores, {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
