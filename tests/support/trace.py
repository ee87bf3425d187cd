"""What a process asked of the kernel about the lake's files, in order: a trace by strace, read into calls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SYNCS = ("fsync", "fdatasync", "syncfs")
WRITES = ("write", "pwrite64", "writev", "pwritev")
REMOVALS = ("unlink", "unlinkat")
CREATIONS = ("open", "openat", "mkdir", "rename", "renameat2")
MARKS = ("stat", "newfstatat")

_LINE = re.compile(r"(?P<thread>\d+) +(?:<\.\.\. (?P<resumed>\w+) resumed>|(?P<name>\w+)\()(?P<rest>.*)")
_FD_PATH = re.compile(r"^\d+<(?P<path>[^>]*)>")
_QUOTED = re.compile(r'"(?P<path>[^"]*)"')


def tracer(output: Path) -> list[str]:
    """The command under which a traced process runs. Whole pages of the catalog are kept: they name the data files."""
    calls = ",".join((*SYNCS, *WRITES, *REMOVALS, *CREATIONS, *MARKS))
    return ["strace", "-f", "-y", "-s", "4096", "-o", str(output), "-e", f"trace={calls}"]


@dataclass(frozen=True)
class Call:
    """A call of the kernel: its file, the bytes shown, and the lines of the trace where it began and ended."""

    name: str
    path: str
    text: str
    began: int
    ended: int


def read_trace(file: Path) -> list[Call]:
    """The calls that succeeded, in the order in which they began."""
    return sorted(_calls(file.read_text(errors="replace").splitlines()), key=lambda call: call.began)


def _calls(lines: list[str]) -> Iterator[Call]:
    begun: dict[str, tuple[int, str, str]] = {}
    for number, line in enumerate(lines):
        found = _LINE.match(line)
        if found is None:
            continue
        thread, rest = found["thread"], found["rest"]
        if rest.endswith("<unfinished ...>"):
            begun[thread] = (number, found["name"], rest)
            continue
        at, name, arguments = begun.pop(thread) if found["resumed"] else (number, found["name"], rest)
        path = _FD_PATH.match(arguments) or _QUOTED.search(arguments)
        is_mark = name in MARKS
        if path is not None and (is_mark or not re.search(r"= -1 [A-Z]+ \(", rest)):
            is_creation = name not in CREATIONS or "O_CREAT" in arguments or name in ("mkdir", "rename", "renameat2")
            if is_creation:
                yield Call(name, path["path"], arguments, at, number)
