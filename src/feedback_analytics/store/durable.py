"""Durability of data files: DuckDB closes the Parquet files it writes, but does not sync them.

After a power cut a catalog could name a file that is empty or torn. So every transaction that made files calls
`sync_files` after its last write and before its COMMIT: the files are on disk before the catalog names them.
"""

from __future__ import annotations

import ctypes
import os
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
