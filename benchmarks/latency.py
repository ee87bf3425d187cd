"""From POST to visible: `python -m benchmarks.latency [--rate 200] [--seconds 60]`.

Runs the service by its own command, keeps its dashboard open in Chromium, posts one vote of a new reader at a time at a
steady rate, and asks `mart.article_usefulness` from another process how many are in. The delay of a vote runs from the
moment its request is due to the first answer that counts it; the time between two looks is part of it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np

import feedback_analytics
from benchmarks.posting import Task, post, write_requests
from benchmarks.table import row

MOST_SECONDS = 2
CONNECTIONS = 32
LOOK_SECONDS = 0.02
"""Time between two looks at the store."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rate", type=int, default=200)
    options.add_argument("--seconds", type=int, default=60)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="feedback-bench-") as folder:
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        service = subprocess.Popen(
            [sys.executable, "-m", "feedback_analytics", "serve", "--data", f"{folder}/data", "--port", str(port)],
            stdout=subprocess.DEVNULL,
        )
        try:
            _wait_until_ready(url)
            page = _open_page(url, Path(folder))
            delays = _measure(url, Path(folder), given.rate, given.seconds)
            page.terminate()
            page.wait()
        finally:
            service.terminate()
            service.wait(30)
    p50, p95, p99 = np.percentile(delays, [50, 95, 99])
    case = f"POST to visible, {given.rate} votes/s for {given.seconds} s, a dashboard open"
    measured = f"p99 {p99:.2f} s (p50 {p50:.2f}, p95 {p95:.2f}, max {max(delays):.2f}; {len(delays):,} votes)"
    print(row(case, measured, f"p99 ≤ {MOST_SECONDS} s", bool(p99 <= MOST_SECONDS)))


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise SystemExit("the service was not ready within 60 s")


def _open_page(url: str, folder: Path) -> subprocess.Popen[bytes]:
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is missing: apt-get install chromium")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--no-first-run"]
    profile = f"--user-data-dir={folder}/profile"
    quiet = subprocess.DEVNULL
    return subprocess.Popen([chromium, *flags, profile, url], stdout=quiet, stderr=quiet)


def _measure(url: str, folder: Path, rate: int, seconds: int) -> list[float]:
    """Seconds from POST to visible of each vote."""
    requests, count = folder / "requests", rate * seconds
    write_requests(requests, "application/cloudevents+json", [_vote(number) for number in range(count)])
    seen: list[tuple[float, int]] = []
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(folder / "data", seen, done))
    watcher.start()
    sent = post(Task(int(url.rsplit(":", 1)[1]), str(requests), CONNECTIONS, seconds, rate)).due_at
    deadline = time.monotonic() + 30
    while (not seen or seen[-1][1] < len(sent)) and time.monotonic() < deadline:
        time.sleep(0.1)
    done.set()
    watcher.join()
    if not seen or seen[-1][1] < len(sent):
        raise SystemExit(f"only {seen[-1][1] if seen else 0} of {len(sent)} votes became visible")
    times, counts = np.array([at for at, _ in seen]), np.array([count for _, count in seen])
    first_look = np.searchsorted(counts, np.arange(1, len(sent) + 1))
    return [float(delay) for delay in times[first_look] - np.array(sent)]


def _watch(data: Path, seen: list[tuple[float, int]], done: threading.Event) -> None:
    with feedback_analytics.connect(str(data)) as lake:
        while not done.is_set():
            row = lake.sql("select coalesce(sum(votes), 0) from mart.article_usefulness").fetchone()
            seen.append((time.monotonic(), int(row[0]) if row else 0))
            time.sleep(LOOK_SECONDS)


def _vote(number: int) -> bytes:
    event = {
        "specversion": "1.0",
        "id": f"latency-{number}",
        "source": "https://news.example/web",
        "type": "feedback.vote.cast.v1",
        "time": datetime.now(UTC).isoformat(),
        "data": {"article_id": f"a{number % 50}", "reader_id": f"r{number}", "vote": "useful"},
    }
    return json.dumps(event).encode()


if __name__ == "__main__":
    main()
