"""The supervisor: keeps the parts of the service running, each in a process of its own, and ends them together.

Processes, because worker and web would share one interpreter lock. A part that dies is started again, after a pause
that grows while it keeps dying. A part that says its settings are impossible would only die again: then all end.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

EXIT_NOT_CONFIGURED = 78
"""How a part says that starting it again will not help (EX_CONFIG of sysexits.h)."""

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 30.0
SETTLED_SECONDS = 60.0
"""A part that ran this long was well: its next death is paused for like the first."""

DRAIN_SECONDS = 20.0
"""Time for a part to end by itself after SIGTERM; a transaction of the worker takes at most a few seconds."""


@dataclass
class Part:
    """One part: its name, and the arguments of `feedback` that run it."""

    name: str
    arguments: Sequence[str]
    pause_seconds: float = FIRST_PAUSE_SECONDS


class Supervisor:
    """Runs parts until it is told to stop, or until one of them cannot be configured."""

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        environment: Mapping[str, str],
        pass_fds: Sequence[int] = (),
        on_restart: Callable[[str], None] = lambda part: None,
    ) -> None:
        self._parts, self._environment, self._pass_fds = parts, dict(environment), tuple(pass_fds)
        self._on_restart = on_restart
        self._stopping = asyncio.Event()
        self._exit_code = 0
        self._log = structlog.get_logger("serve")

    async def run(self) -> int:
        """Start all parts and keep them running until SIGTERM or SIGINT; the exit code for the whole.

        0 after a drained stop; 1 when a part could not be configured (it has said why on stderr).
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        await asyncio.gather(*(self._keep_running(part) for part in self._parts))
        return self._exit_code

    def stop(self) -> None:
        """Drain: each part gets SIGTERM and ends what it has begun."""
        self._stopping.set()

    async def _keep_running(self, part: Part) -> None:
        while not self._stopping.is_set():
            started = time.monotonic()
            process = await self._start(part)
            self._log.debug("part_started", part=part.name, pid=process.pid)
            code = await self._until_ended(process)
            if self._stopping.is_set():
                return
            if code == EXIT_NOT_CONFIGURED:
                self._exit_code = 1
                self.stop()
                return
            if time.monotonic() - started >= SETTLED_SECONDS:
                part.pause_seconds = FIRST_PAUSE_SECONDS
            self._log.error("part_died", part=part.name, ended_by=_how(code), restart_in_seconds=part.pause_seconds)
            self._on_restart(part.name)
            await self._pause(part.pause_seconds)
            part.pause_seconds = min(2 * part.pause_seconds, LONGEST_PAUSE_SECONDS)

    async def _start(self, part: Part) -> asyncio.subprocess.Process:
        """A session of its own, so that Ctrl-C reaches the part through us only; and a pipe that ends when we do."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "feedback_analytics",
            *part.arguments,
            stdin=asyncio.subprocess.PIPE,
            env=self._environment,
            pass_fds=self._pass_fds,
            start_new_session=True,
        )

    async def _until_ended(self, process: asyncio.subprocess.Process) -> int:
        """Wait until the process ends by itself, or is drained; its exit code."""
        ended = asyncio.ensure_future(process.wait())
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not ended.done():
            process.terminate()
            done, _ = await asyncio.wait({ended}, timeout=DRAIN_SECONDS)
            if not done:
                self._log.error("part_killed", pid=process.pid, drain_seconds=DRAIN_SECONDS)
                process.kill()
        return await ended

    async def _pause(self, seconds: float) -> None:
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({stopping}, timeout=seconds)
        stopping.cancel()


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def end_with_the_supervisor() -> None:
    """In a part: drain when the supervisor is gone, however it ended. Its end of our stdin is closed then."""

    def watch() -> None:
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="supervisor-watch", daemon=True).start()


def environment_of_parts(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of the parts: that of this process, its settings replaced by those in force."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FEEDBACK_")} | dict(settings)
