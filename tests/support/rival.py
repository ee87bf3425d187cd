"""A writer in a process of its own that takes orders; `python -m tests.support.rival DATA NAME LEASE SECONDS HOURS URL`

LEASE is `lease`, or `no-lease` so that two of them can believe they own the same partition. SECONDS is how long its
transactions may live. HOURS shifts its clock, so that what is young for others is old for its maintenance. URL is the
store's, empty for the lake of DATA. Each line on stdin is an order, answered by one line; an error of the store is an
answer, too:

    claim                    the offset from which partition 0 goes on
    commit N                 N votes from there
    commit N mixed           half of them given two hours later
    commit N standing        the process stops itself (SIGSTOP) after the last statement, before COMMIT
    stand alone              the process stops itself where nobody else may be in a transaction
    round                    one thorough round of maintenance: what it did
    mark NAME                asks the kernel for a file of this name, so that a trace shows where it was
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from feedback_analytics.errors import FeedbackError
from feedback_analytics.store import Writer
from tests.support.store import BEGIN, LOG, TOPIC, Entry, Scribe, a_vote, a_writer, maintain

A_SECTION = ("a1", 1, "s1", "What's Next?", "whats_next", 1, 80, 1, "standing")


class Standstill(Sequence[Any]):
    """Rows that stop this process when they are read. As the last rows of a transaction they stop it inside."""

    def __len__(self) -> int:
        return 1

    def __getitem__(self, at: Any) -> Any:
        return [A_SECTION][at]

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        os.kill(os.getpid(), signal.SIGSTOP)
        return iter([A_SECTION])


class Rival:
    """Its other end, for the test: give orders, read answers. Killed at the end."""

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        lease: bool = False,
        transaction_seconds: float = 30,
        clock_hours: float = 0,
        store_url: str = "",
        tracer: Sequence[str] = (),
    ) -> None:
        told = [
            str(folder),
            name,
            "lease" if lease else "no-lease",
            str(transaction_seconds),
            str(clock_hours),
            store_url,
        ]
        command = [*tracer, sys.executable, "-m", "tests.support.rival", *told]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def order(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ask(self, line: str) -> str:
        self.order(line)
        return self.answer()

    def wait_until_it_stands(self) -> None:
        """Returns when the kernel says that the process is stopped."""
        _, status = os.waitpid(self.process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), f"it ended with {status} instead of standing still"

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """Let it close its store, and end."""
        self.process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.communicate()


def main() -> None:
    folder, name, lease, seconds, hours, url = sys.argv[1:]
    flags = {"worker_name": name, "worker__transaction_seconds": float(seconds), "store_url": url}
    scribe = Scribe(1)
    scribe.transactions = os.getpid() * 10_000
    try:
        with a_writer(Path(folder), lease=lease == "lease", hours_ahead=float(hours), **flags) as writer:
            for line in sys.stdin:
                print(_answer(Path(folder), url, writer, scribe, line.split()), flush=True)
    except FeedbackError as error:
        print(f"{type(error).__name__}: {error}", flush=True)


def _answer(data: Path, url: str, writer: Writer, scribe: Scribe, order: list[str]) -> str:
    before = scribe.next[0]
    try:
        return _obey(data, url, writer, scribe, order)
    except FeedbackError as error:
        scribe.next[0] = before
        return f"{type(error).__name__}: {error}"


def _obey(data: Path, url: str, writer: Writer, scribe: Scribe, order: list[str]) -> str:
    match order:
        case ["claim"]:
            scribe.next = writer.claim(LOG, TOPIC, [0])
            return str(scribe.next[0])
        case ["commit", count, *how]:
            first, later = scribe.next[0], timedelta(hours=2 * ("mixed" in how))
            rows = scribe.rows(
                [_vote(number, BEGIN + number % 2 * later) for number in range(first, first + int(count))]
            )
            if "standing" in how:
                rows = replace(rows, article_sections=Standstill())
            writer.commit(rows)
            return "committed"
        case ["stand", "alone"]:
            with writer._lake.alone().transaction():
                os.kill(os.getpid(), signal.SIGSTOP)
            return "stood"
        case ["round"]:
            return maintain(writer, data, store_url=url)
        case ["mark", name]:
            return str(Path(name).exists())
    raise ValueError(order)


def _vote(number: int, at: datetime) -> Entry:
    """Of so many articles that a transaction's hourly sums fill a file, too."""
    return a_vote(f"a{number % 300}", reader=f"r{number}", at=at)


if __name__ == "__main__":
    main()
