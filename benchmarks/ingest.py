"""Ingest over HTTP: `python -m benchmarks.ingest [--seconds 60] [--rounds 3]`.

Single votes by POST on 64 connections, each answered when it is durable, beside the same server answering the same
requests with an empty 202; and batches of 500. The three take turns, each on a server of its own, so that the ratio is
of one run; the client is a process of its own (benchmarks/posting.py). At the end the log must hold exactly the events
that were answered with 202.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import httpx

from benchmarks.events import votes
from benchmarks.posting import Posted, Task, post, write_requests
from benchmarks.table import row, sync_ms
from feedback_analytics.cli.listening import listen, serve_until_told
from feedback_analytics.contract import VOTES_TOPIC
from feedback_analytics.ingest.asgi import Receive, Scope, Send
from feedback_analytics.log import open_log
from feedback_analytics.settings import read_settings

EVENTS = 50_000
"""Different events; after the last one the client begins anew. Ingest keeps nothing by which it could know them."""

BATCH, CONNECTIONS, BATCH_CONNECTIONS = 500, 64, 4
WARM_UP_SECONDS = 2.0
START_SECONDS = 60.0
LEAST_RATIO, LEAST_BATCH_RATE = 0.6, 40_000


Result = tuple[int, Posted]
"""How many requests were answered in all, and what was measured after warming up."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--serve-empty", metavar="PORT", type=int, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.serve_empty is not None:
        with listen("127.0.0.1", given.serve_empty) as listener:
            serve_until_told(empty_answers, listener)
        return
    with tempfile.TemporaryDirectory(prefix="feedback-bench-") as folder:
        measure(Path(folder), given.seconds, given.rounds)


async def empty_answers(scope: Scope, receive: Receive, send: Send) -> None:
    """The least that can be called taking an event over HTTP: read the body, answer an empty 202."""
    if scope["type"] == "lifespan":
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def measure(folder: Path, seconds: float, rounds: int) -> None:
    single, batches, data = folder / "single", folder / "batches", folder / "data"
    events = list(events_over_http(EVENTS))
    write_requests(single, "application/cloudevents+json", events)
    joined = [b"[" + b",".join(events[at : at + BATCH]) + b"]" for at in range(0, EVENTS, BATCH)]
    write_requests(batches, "application/cloudevents-batch+json", joined)
    ours = ["-m", "feedback_analytics", "ingest", "--data", str(data)]
    empty, durable, batched = [], [], []
    sync = sync_ms(folder)
    for _ in range(rounds):
        empty.append(_run("empty 202", ["-m", "benchmarks.ingest"], single, CONNECTIONS, seconds, 1))
        durable.append(_run("durable", ours, single, CONNECTIONS, seconds, 1))
        batched.append(_run("batches of 500", ours, batches, BATCH_CONNECTIONS, seconds, BATCH))
    answered = sum(all_ for all_, _ in durable) + BATCH * sum(all_ for all_, _ in batched)
    _check_log(data, answered)
    base, rate = (statistics.median(one.rate for _, one in case) for case in (empty, durable))
    batch_rate = BATCH * statistics.median(one.rate for _, one in batched)
    p50, p99 = (statistics.median(getattr(one, name) for _, one in durable) for name in ("p50_ms", "p99_ms"))
    print(f"{answered:,} events answered with 202, and so many are in the log")
    print(
        row(
            f"ingest: single POSTs, {CONNECTIONS} connections, durable, beside an empty 202",
            f"{rate / base:.2f} ({rate:,.0f}/s of {base:,.0f}/s; p50 {p50:.1f}, p99 {p99:.1f}, fsync {sync:.2f} ms)",
            f"≥ {LEAST_RATIO}",
            rate / base >= LEAST_RATIO,
        )
    )
    wanted = f"≥ {LEAST_BATCH_RATE:,} events/s"
    print(row("ingest: batches of 500", f"{batch_rate:,.0f} events/s", wanted, batch_rate >= LEAST_BATCH_RATE))


def events_over_http(count: int) -> Iterator[bytes]:
    """The votes of the benchmarks as readers send them: with an id of the reader, not yet a pseudonym."""
    for number, (_, value) in enumerate(islice(votes(count), count)):
        yield re.sub(rb'"reader_key":"\w+"', b'"reader_id":"r-%08d"' % number, value)


def _run(name: str, command: Sequence[str], requests: Path, connections: int, seconds: float, each: int) -> Result:
    with _server(command) as (process, port):
        warm = post(Task(port, str(requests), connections, min(WARM_UP_SECONDS, seconds)))
        before = _cpu_seconds(process.pid)
        measured = post(Task(port, str(requests), connections, seconds))
        cpu = _cpu_seconds(process.pid) - before
    print(
        f"{name:<16} {measured.rate * each:9,.0f} events/s  {cpu / measured.requests / each * 1e6:6.1f} µs CPU/event  "
        f"server {cpu / measured.seconds:4.0%} of a core, client {measured.cpu_seconds / measured.seconds:4.0%}",
        flush=True,
    )
    return warm.requests + measured.requests, measured


@contextmanager
def _server(command: Sequence[str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with listen("127.0.0.1", 0) as probe:
        port = int(probe.getsockname()[1])
    flag = "--serve-empty" if "benchmarks.ingest" in command else "--port"
    process = subprocess.Popen([sys.executable, *command, flag, str(port)], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the server did not start")
            time.sleep(0.05)
        yield process, port
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).is_success
    except httpx.TransportError:
        return False


def _cpu_seconds(pid: int) -> float:
    """CPU of the process so far; the threads of a server at work live as long as it."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def _check_log(data: Path, answered: int) -> None:
    with open_log(read_settings({"data_dir": str(data)})) as log:
        held = sum(one.next - one.earliest for one in log.ranges(VOTES_TOPIC).values())
    if held != answered:
        raise SystemExit(f"{answered} events were answered with 202, the log holds {held}")


if __name__ == "__main__":
    main()
