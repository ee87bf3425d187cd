"""The lease on an embedded log: one worker reads it, others wait or are refused."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from feedback_analytics.errors import LogError

WAIT_SECONDS = 0.5
"""Time between two tries for the lease."""


@contextmanager
def worker_lease(folder: Path, *, wait: bool, on_wait: Callable[[str], None] = lambda sentence: None) -> Iterator[None]:
    """Hold the lease on the log in folder; it goes with the process, however that ends.

    Another worker's lease: waits for it and says so once, or, without wait, raises LogError naming its process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / "worker.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(handle, folder, wait, on_wait)
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def _take(handle: int, folder: Path, wait: bool, on_wait: Callable[[str], None]) -> None:
    has_told = False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            holder = os.pread(handle, 20, 0).decode() or "unknown"
            sentence = f"another worker (process {holder}) reads the log in {folder}"
            if not wait:
                raise LogError(f"{sentence}. Stop it first, or use Kafka for several workers.", None) from None
            if not has_told:
                on_wait(f"{sentence}; waiting for it to end")
                has_told = True
            time.sleep(WAIT_SECONDS)
