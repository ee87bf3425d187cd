"""The command line as its user runs it: a process of its own, from its arguments to its exit code.

told = feedback("ledger", "--data", folder)
assert told.code == 0 and "The ledger holds." in told.out
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedback_analytics.cli import main
from feedback_analytics.log import NewRecord, open_log
from feedback_analytics.settings import read_settings

COMMAND_SECONDS = 90
# Far longer than any command here takes: a hanging one must not hang the tests.


@dataclass(frozen=True)
class Told:
    """What a command said, and how it ended."""

    code: int
    out: str
    error: str

    def is_refusal(self, *pieces: object, code: int = 1) -> bool:
        """One line on stderr with all the pieces in it, nothing on stdout, and this exit code."""
        assert self.code == code, self
        assert self.out == "", self
        assert self.error.startswith("feedback: ") and self.error.count("\n") == 1, self
        assert "Traceback" not in self.error, self
        assert [piece for piece in map(str, pieces) if piece not in self.error] == [], self
        return True


def feedback(*arguments: object, environ: Mapping[str, str] | None = None, given: bytes = b"") -> Told:
    """Run `feedback` with the arguments until it ends; `given` is its stdin.

    A process of its own, forked from one that has the libraries in memory: to import them takes longer than most
    commands do.
    """
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("in", "out", "error")]
        streams[0].write_bytes(given)
        run = (list(map(str, arguments)), {**os.environ, **(environ or {})}, Path.cwd(), streams)
        process = _processes.Process(target=_run, args=run)
        process.start()
        process.join(COMMAND_SECONDS)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(f"feedback {arguments} did not end within {COMMAND_SECONDS} s")
        return Told(process.exitcode, streams[1].read_text(), streams[2].read_text())


_processes = multiprocessing.get_context("forkserver")
_ROOMS = ("cli.app", "cli.work", "cli.importing", "demo", "store", "analytics")
_processes.set_forkserver_preload(
    ["tests.support.as_a_program", "pyarrow.csv", "pyarrow.parquet", *(f"feedback_analytics.{room}" for room in _ROOMS)]
)


def _run(arguments: list[str], environ: dict[str, str], folder: Path, streams: list[Path]) -> None:
    """In the new process: be `feedback`, with these streams."""
    for number, file in enumerate(streams):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), number)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0)))
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(folder)
    main(arguments)


def as_lines(events: Iterable[Mapping[str, Any]]) -> bytes:
    """Events as NDJSON."""
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def write_to_log(data_dir: Path, topic: str, partition: int, value: bytes) -> None:
    """Put bytes into the log past ingest, as a program that writes there by itself may."""
    with open_log(read_settings({"data_dir": str(data_dir)})) as log:
        log.append([NewRecord(topic, partition, b"", value)]).result()


def wait_until(is_so: Callable[[], object], what: str, seconds: float = 120.0) -> None:
    """Ask until it is so; fails with `what` when it never is."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)
