"""Checkpoints: copies of the indexes of standing votes beside the lake, from which a partition's next owner begins.

Derived like the indexes themselves: any of them may be missing, old or torn; what it lacks is caught up from the store.

    FOLDER/PARTITION/POSITION-GENERATION/   the files of a RocksDB database, and `origin`

RocksDB's data files never change: of one database (a generation) only those are copied that no former checkpoint has.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from feedback_analytics.processor.standing_votes import StandingVotes

WORTH_RECORDS = 100_000
"""A checkpoint is made, and begun from, when it spares so many records: reading them takes some tenths of a second."""

KEPT = 2
"""Checkpoints of a partition: the newest, and one that somebody may be reading."""

DEAD_SECONDS = 3600
"""Age at which a copy that was never finished is removed."""

ORIGIN, UNFINISHED, LOCAL = "origin", ".unfinished", ".checkpoint-"


class Checkpoints:
    """Those of one topic. Copies in a thread of its own; close it."""

    def __init__(self, folder: Path, on_problem: Callable[[str], None]) -> None:
        self._folder, self._on_problem = folder, on_problem
        self._copying = ThreadPoolExecutor(1, "checkpoints")
        self._saved: dict[int, int] = {}

    def save(self, partition: int, index: StandingVotes) -> bool:
        """Begin to copy the index, when it has gone on far enough since the last time; whether it did.

        The caller waits for RocksDB to write its memtable, some tenths of a second; the copy goes on without it.
        """
        position = index.position or 0
        if position - self._saved.get(partition, 0) < WORTH_RECORDS:
            return False
        self._saved[partition] = position
        local = index.path.with_name(f"{index.path.name}{LOCAL}{position}")
        index.checkpoint(local)
        (local / ORIGIN).write_bytes(index.origin)
        self._copying.submit(self._copy, partition, local, position, index.generation)
        return True

    def newest(self, partition: int, origin: bytes, *, after: int, until: int) -> Path | None:
        """The checkpoint of this origin that spares most: at a position in (after, until]."""
        for folder in reversed(self._of(partition)):
            position = _position_of(folder)
            with suppress(OSError):
                if after + WORTH_RECORDS <= position <= until and (folder / ORIGIN).read_bytes() == origin:
                    return folder
        return None

    @staticmethod
    def remove_left_over(indexes: Path) -> None:
        """Remove what a process that was killed while it copied has left beside its indexes."""
        for local in indexes.glob(f"*{LOCAL}*"):
            shutil.rmtree(local, ignore_errors=True)

    def close(self) -> None:
        """Finish the copies that were begun."""
        self._copying.shutdown(wait=True)

    def _copy(self, partition: int, local: Path, position: int, generation: str) -> None:
        place = self._folder / str(partition)
        name = f"{position:020d}-{generation}"
        unfinished = place / f"{name}.{uuid.uuid4().hex}{UNFINISHED}"
        try:
            unfinished.mkdir(parents=True)
            former = [one for one in self._of(partition) if one.name.endswith(f"-{generation}")]
            for file in local.iterdir():
                _take(file, unfinished / file.name, former[-1] / file.name if former else None)
            if not (place / name).exists():
                unfinished.rename(place / name)
            self._remove_old(partition)
        except OSError as error:
            self._on_problem(f"no checkpoint of the index in {place}: {error.strerror}. It is tried again later.")
        finally:
            shutil.rmtree(local, ignore_errors=True)
            shutil.rmtree(unfinished, ignore_errors=True)

    def _remove_old(self, partition: int) -> None:
        for folder in self._of(partition)[:-KEPT]:
            shutil.rmtree(folder, ignore_errors=True)
        for folder in (self._folder / str(partition)).glob(f"*{UNFINISHED}"):
            with suppress(FileNotFoundError):
                if folder.stat().st_mtime < time.time() - DEAD_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)

    def _of(self, partition: int) -> list[Path]:
        """The finished checkpoints of a partition, by rising position."""
        found = (self._folder / str(partition)).glob("*-*")
        return sorted(folder for folder in found if not folder.name.endswith(UNFINISHED))


def _position_of(folder: Path) -> int:
    return int(folder.name.split("-")[0])


def _take(file: Path, target: Path, former: Path | None) -> None:
    """Link the former checkpoint's file when it is the same data file; else copy it, to the disk."""
    if former is not None and file.suffix == ".sst":
        with suppress(OSError):
            if former.stat().st_size == file.stat().st_size:
                os.link(former, target)
                return
    shutil.copyfile(file, target)
    with target.open("rb") as copied:
        os.fsync(copied.fileno())
