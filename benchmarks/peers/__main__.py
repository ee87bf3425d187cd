"""The worker beside its peers: `python -m benchmarks.peers [--votes 1000000] [--rounds 3]`; `make bench-peers`.

One Kafka of its own, one topic of votes, and one process after the other over it, round by round: the worker with all
it does (dead letters, duplicates, latest answers, sums, ledger, lake), and each peer with the shortest sink into a
DuckDB table. Medians; each run proves that every vote is in its table, once. Exits with 1 when a figure does not hold.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from pathlib import Path

from benchmarks.events import votes
from benchmarks.filling import fill
from benchmarks.peers.processes import PEERS_PYTHON, SECRET, Measured, run_peer, run_worker
from benchmarks.table import HEADER, machine, row
from feedback_analytics.contract import VOTES_TOPIC
from feedback_analytics.settings import read_settings
from tests.support.kafka import kafka_servers, remove_our_topics

WORKER, LIMIT = "feedback worker", "confluent-kafka, pyarrow, DuckDB"
PEERS = {
    LIMIT: "plain",
    "Bytewax": "bytewax_flow",
    "Quix Streams": "quix_streams",
    "stock Faust": "stock_faust",
}
"""The peers and their modules."""

WANTED = {"Bytewax": 1.1, "Quix Streams": 2.5, "stock Faust": 10.0, LIMIT: 0.7}
"""The worker's rate in terms of each peer's, at least."""

MOST_CPU_US = 18.0
LEAST_VOTES = 200_000
"""Of fewer there are too few commits to tell a rate from."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--votes", type=int, default=1_000_000, help=f"at least {LEAST_VOTES:,}")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", default=",".join([WORKER, *PEERS.values()]), metavar="NAMES")
    given = options.parse_args()
    if given.votes < LEAST_VOTES:
        raise SystemExit(f"--votes must be at least {LEAST_VOTES:,}")
    if not PEERS_PYTHON.exists():
        raise SystemExit(f"the peers are not installed in {PEERS_PYTHON.parents[1]}: make bench-peers does it")
    names = [name for name in (WORKER, *PEERS) if PEERS.get(name, name) in given.only.split(",")]
    before = machine()
    results: dict[str, list[Measured]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory(prefix="feedback-bench-") as folder, kafka_servers() as servers:
        remove_our_topics(servers)
        fill(read_settings({"broker_url": f"kafka://{servers}", "reader_secret": SECRET}), votes(given.votes))
        for turn in range(given.rounds):
            # Another one begins each round, so that none always follows the same.
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                measured = run(name, servers, given.votes, Path(folder) / "run")
                results[name].append(measured)
                print(f"{turn + 1} {name:<34} {told(measured)}", flush=True)
    print(f"\n{before}\n{given.votes:,} votes, {given.rounds} rounds, medians\n")
    for line in table(results):
        print(line)
    rows = wanted(results)
    print("\n".join(["", HEADER, *rows]))
    if not all(one.endswith("| yes |") for one in rows):
        raise SystemExit(1)


def run(name: str, servers: str, count: int, folder: Path) -> Measured:
    """One run in a folder that is gone afterwards."""
    try:
        if name == WORKER:
            return run_worker(servers, count, folder)
        return run_peer(PEERS[name], servers, VOTES_TOPIC, count, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def told(one: Measured) -> str:
    return (
        f"{one.events_per_second:9,.0f} events/s  {one.cpu_us:6.2f} µs CPU/event  "
        f"{one.seconds_to_last_row:6.1f} s to the last row  peak {one.peak_megabytes:5.0f} MB"
    )


def table(results: dict[str, list[Measured]]) -> list[str]:
    """Medians, with the least and the greatest rate of the rounds."""
    lines = [
        "| | events/s | of the rounds | µs CPU/event | start to last row, s | peak MB |",
        "|---|---|---|---|---|---|",
    ]
    for name, rounds in results.items():
        rates = [one.events_per_second for one in rounds]
        seconds, peak = (median(rounds, field) for field in ("seconds_to_last_row", "peak_megabytes"))
        lines.append(
            f"| {name} | {statistics.median(rates):,.0f} | {min(rates):,.0f} to {max(rates):,.0f} "
            f"| {median(rounds, 'cpu_us'):.1f} | {seconds:.1f} | {peak:.0f} |"
        )
    return lines


def wanted(results: dict[str, list[Measured]]) -> list[str]:
    """The rows of figures that should hold, as far as both sides were measured."""
    if WORKER not in results:
        return []
    rate = median(results[WORKER], "events_per_second")
    cpu = median(results[WORKER], "cpu_us")
    rows = [
        row("peers: the worker through Kafka", f"{cpu:.1f} µs CPU/event", f"≤ {MOST_CPU_US} µs", cpu <= MOST_CPU_US)
    ]
    for name, least in WANTED.items():
        if name in results:
            ratio = rate / median(results[name], "events_per_second")
            rows.append(row(f"peers: the worker and {name}", f"{ratio:.2f} times", f"≥ {least} times", ratio >= least))
    return rows


def median(rounds: list[Measured], field: str) -> float:
    return statistics.median(float(getattr(one, field)) for one in rounds)


if __name__ == "__main__":
    main()
