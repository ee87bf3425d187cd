"""The write lease: on a SQLite catalog one process writes, and the others are told so."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Protocol

from feedback_analytics.errors import StoreBusy


class Guard(Protocol):
    """What keeps the writers of a store out of each other's way, whatever its catalog."""

    def passage(self, *, alone: bool) -> AbstractContextManager[None]:
        """Held during a transaction. alone: nobody else may be in one; for what deletes, updates or alters.

        Raises StoreBusy when the others did not make room in time, StoreUnreachable when nobody can be asked.
        """

    def leads(self) -> bool:
        """True for the one writer that runs jobs and maintenance now."""

    def close(self) -> None: ...


class WriteLease:
    """The exclusive lock on the store's `write.lock`, held until close() or the end of the process.

    The kernel drops it when the process dies, however it dies, so it is never left behind. Its holder is alone, so each
    passage is free, and it leads.
    """

    def __init__(self, lock: Path | None) -> None:
        """Take the lease at once. Raises StoreBusy, naming the holder, when another process has it.

        None takes nothing: for tests that need two writers, and for nothing else.
        """
        self._file = -1
        if lock is None:
            return
        lock.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._file, 20).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise StoreBusy(
                f"another process (pid {holder}) writes to the store in {lock.parent}. "
                "Let that worker do it, or stop it first."
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)

    @contextmanager
    def passage(self, *, alone: bool) -> Iterator[None]:  # noqa: ARG002 - the holder of the lease is always alone
        yield

    def leads(self) -> bool:
        return True

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> WriteLease:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
