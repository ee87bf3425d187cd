"""A move in a process of its own that is killed when it has come so far: `killed_at`; and the two ends of a move."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from feedback_analytics.cli.moving import move_installation
from feedback_analytics.settings import Settings, read_settings
from tests.support.builders import SECRET
from tests.support.commands import Told, feedback
from tests.support.house import PARTITIONS, House
from tests.support.postgres import Cluster

ROWS_AT_ONCE = 150
"""Of a slice, so that a small store has several."""

ENVIRON = {"FEEDBACK_READER_SECRET": SECRET.decode(), "FEEDBACK_LOG_PARTITIONS": str(PARTITIONS)}

_processes = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Ends:
    """An embedded installation, and the servers it moves to."""

    folder: Path
    cluster: Cluster
    database: str
    kafka: str
    shared: str = "shared"

    @property
    def to(self) -> str:
        return self.cluster.url(self.database, self.folder / self.shared)

    @property
    def broker(self) -> str:
        return f"kafka://{self.kafka}"

    @property
    def old(self) -> Settings:
        return self._settings()

    @property
    def new(self) -> Settings:
        return self._settings(store_url=self.to, broker_url=self.broker)

    def _settings(self, **flags: object) -> Settings:
        secret = {"reader_secret": SECRET.decode(), "log.partitions": PARTITIONS}
        return read_settings({"data_dir": str(self.folder / "data"), **secret, **flags})

    def move(self, **changed: str) -> Told:
        """Run the command to its end."""
        wanted = {"to": self.to, "broker": self.broker, **changed}
        options = [part for name, value in wanted.items() for part in (f"--{name}", value)]
        return self.run("lake", "move", *options)

    def run(self, *arguments: str) -> Told:
        return feedback(*arguments, "--data", self.folder / "data", environ=ENVIRON)

    def killed_at(self, sentence: str) -> None:
        """Move, and be killed as soon as a step is told of in whose sentence these words are."""
        assert self._kill(sentence, None) == -signal.SIGKILL, f"no step told of {sentence!r}"

    def killed_after(self, seconds: float) -> bool:
        """Move, and be killed so long after the first step; whether it was still on its way."""
        return self._kill("", seconds) == -signal.SIGKILL

    def _kill(self, sentence: str, seconds: float | None) -> int | None:
        process = _processes.Process(target=_move, args=(self.old, self.new, sentence, seconds))
        process.start()
        process.join(60)
        return process.exitcode

    def old_house(self) -> House:
        return House(self.folder / "data")

    def new_house(self) -> House:
        """The moved installation, on another machine."""
        return House(self.folder / "elsewhere", flags={"store_url": self.to, "broker_url": self.broker})


def _move(old: Settings, new: Settings, sentence: str, seconds: float | None) -> None:
    """In the new process."""
    begun: list[float] = []

    def tell(told: str) -> None:
        begun.append(time.monotonic())
        if seconds is not None and len(begun) == 1:
            signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
            signal.setitimer(signal.ITIMER_REAL, seconds)
        elif seconds is None and sentence in told:
            os.kill(os.getpid(), signal.SIGKILL)

    move_installation(old, new, tell, rows_at_once=ROWS_AT_ONCE)
