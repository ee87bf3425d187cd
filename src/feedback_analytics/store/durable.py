"""Durability of data files: DuckDB closes the Parquet files it writes, but does not sync them.

After a power cut a catalog could name a file that is empty or torn. So every transaction that made files calls
`sync_files` after its last write and before its COMMIT: the files are on disk before the catalog names them.

DuckLake 1.0 deletes the files of a transaction whose COMMIT failed. When only the answer was lost on the way from a
server, the transaction is committed, and the catalog names files that are gone (tried: "No such file or directory").
So with a server the files have a second name until the answer is there (`HeldFiles`).
"""

from __future__ import annotations

import ctypes
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)


def sync_files(folder: Path) -> None:
    """Make everything written to the filesystem of folder durable: files, their names and the directories.

    syncfs(2) over fsync of each new file: it cannot miss one (a clock step, a delete file, another table), and costs
    6 ms. Raises OSError when the disk did not take it; Linux reports write-back errors here since 5.8.
    """
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if _libc.syncfs(directory) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(directory)


HELD = ".held"
"""Folder of the second names, in that of the data files. They do not end in .parquet, so no pattern finds them."""


class HeldFiles:
    """Second names for the data files of one writer's transactions."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[Path, set[str]] = {}
        self._new_files()

    @contextmanager
    def through_commit(self) -> Iterator[None]:
        """Hold what was written since the last time. When the block fails, what it deleted gets its name back.

        If nothing was committed it is left over then, as after a crash, and maintenance removes it.
        """
        names = self._hold(self._new_files())
        try:
            yield
        except BaseException:
            for held, file in names.items():
                with suppress(FileExistsError):
                    os.link(held, file)
            raise
        finally:
            for held in names:
                held.unlink(missing_ok=True)

    def _hold(self, files: list[Path]) -> dict[Path, Path]:
        """Give each file a second name: from that to its own."""
        place = self._folder / HELD
        place.mkdir(parents=True, exist_ok=True)
        names = {}
        for file in files:
            held = place / f"{file.name}.{uuid.uuid4().hex}"
            # Other writers' files come and go as well; theirs are not needed here.
            with suppress(FileNotFoundError):
                os.link(file, held)
                names[held] = file
        return names

    def _new_files(self) -> list[Path]:
        """The data files that were not there at the last look, in the folders SCHEMA/TABLE."""
        new = []
        for table in self._folder.glob("[!.]*/*/"):
            found = {entry.name for entry in os.scandir(table)}
            new += [table / name for name in found - self._known.get(table, set())]
            self._known[table] = found
        return new
