"""The service as its users run it: real processes on free ports, ended by process id.

with running_service(tmp_path) as service:
    httpx.post(f"{service.url}/v1/events", ...)
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 60
# A cold start imports DuckDB, Faust, Dash and SciPy, on two cores that other tests share.
STOP_SECONDS = 30


@dataclass(frozen=True)
class Service:
    """A running service: its address, its data, and where its output goes."""

    url: str
    data_dir: Path
    process: subprocess.Popen[bytes]
    output_file: Path

    @property
    def output(self) -> str:
        return self.output_file.read_text(errors="replace")


@contextmanager
def running_service(
    data_dir: Path, *, arguments: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> Iterator[Service]:
    """`feedback serve` with all its parts, ready to take votes."""
    port = free_port()
    command = [sys.executable, "-m", "feedback_analytics", "serve", "--data", str(data_dir), "--port", str(port)]
    with _running([*command, *arguments], data_dir, port, environ) as service:
        yield service


@contextmanager
def running_ingest(
    data_dir: Path, *, port: int | None = None, environ: Mapping[str, str] | None = None
) -> Iterator[Service]:
    """Ingest, the widget and the sample news site, without worker and dashboard: starts within a second or two."""
    port = port or free_port()
    command = [sys.executable, "-m", "tests.support.news_site", str(data_dir), str(port)]
    with _running(command, data_dir, port, environ) as service:
        yield service


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(command: Sequence[str], data_dir: Path, port: int, environ: Mapping[str, str] | None) -> Iterator[Service]:
    data_dir.mkdir(parents=True, exist_ok=True)
    output_file = data_dir / f"service-{port}.log"
    with output_file.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **(environ or {})}
        )
        service = Service(f"http://127.0.0.1:{port}", data_dir, process, output_file)
        try:
            _wait_until_healthy(service)
            yield service
        finally:
            stop(process)


def _wait_until_healthy(service: Service) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if service.process.poll() is not None:
            raise RuntimeError(f"the service ended with {service.process.returncode}:\n{service.output}")
        try:
            with urllib.request.urlopen(f"{service.url}/healthz", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise RuntimeError(f"the service did not answer within {START_SECONDS} s:\n{service.output}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the process politely, as an operator does; by force if it does not heed that."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise RuntimeError(f"the service did not end within {STOP_SECONDS} s of SIGTERM") from None
