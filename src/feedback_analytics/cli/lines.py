"""Lines of files, one event each: plain or gzipped, from a file or from stdin, never more than one event in memory."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from feedback_analytics.errors import FeedbackError

GZIP_MAGIC = b"\x1f\x8b"
STDIN = "-"


class DamagedFile(FeedbackError):
    """A gzipped file is damaged or cut off; its text names the last line that could be read."""


def refuse_missing(names: list[str]) -> None:
    """Raise FeedbackError for the first file that cannot be read, before anything is taken from the others."""
    for name in names:
        if name == STDIN:
            continue
        try:
            Path(name).open("rb").close()
        except OSError as error:
            raise FeedbackError(f"cannot read {name}: {error.strerror}. Nothing was imported.") from error


def lines(name: str, max_bytes: int, on_read: Callable[[int], None]) -> Iterator[tuple[int, bytes]]:
    """(number from 1, bytes) of each line that is not empty. A longer line is cut to max_bytes + 1 bytes.

    on_read is told how many bytes of the file, as it lies on the disk, have been read so far. Raises DamagedFile when
    a gzipped file cannot be unpacked to its end.
    """
    with _opened(name) as raw:
        source = _unpacked(raw)
        number = 0
        while True:
            try:
                line = source.readline(max_bytes + 1)
                if line and not line.endswith(b"\n"):
                    _skip_rest(source)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise DamagedFile(
                    f"{name} is damaged after line {number}: {error}. What stood before was imported; "
                    "importing the whole file again later is safe."
                ) from error
            if not line:
                return
            number += 1
            if text := line.strip(b"\r\n"):
                yield number, text
            on_read(raw.tell() if raw.seekable() else 0)


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == STDIN:
        yield sys.stdin.buffer
        return
    with Path(name).open("rb") as file:
        yield file


def _unpacked(raw: BinaryIO) -> io.BufferedIOBase:
    """The content, told by its first bytes and not by its name."""
    buffered = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(raw)  # type: ignore[type-var]
    return gzip.GzipFile(fileobj=buffered) if buffered.peek(2)[:2] == GZIP_MAGIC else buffered


def _skip_rest(source: io.BufferedIOBase) -> None:
    while (more := source.readline(2**16)) and not more.endswith(b"\n"):
        pass
