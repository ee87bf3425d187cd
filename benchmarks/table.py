"""The one table that the figures go into: rows as text, so that a benchmark run alone prints the same ones."""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

HEADER = "| case | measured | wanted | holds |\n|---|---|---|---|"
SYNCS = 200


def row(case: str, measured: str, wanted: str, holds: bool) -> str:
    """One figure as a row of the table."""
    return f"| {case} | {measured} | {wanted} | {'yes' if holds else 'NO'} |"


def is_row(line: str) -> bool:
    return line.startswith("| ") and line.rstrip().endswith(("| yes |", "| NO |"))


def machine() -> str:
    """The machine in one line, and how busy it is: figures of a busy machine are worth little."""
    facts = [
        _first_value("/proc/cpuinfo", "model name"),
        f"{os.cpu_count()} cores",
        f"{int(_first_value('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.0f} GiB",
        platform.platform(terse=True),
        f"Python {sys.version.split()[0]}",
        f"fsync {sync_ms():.2f} ms",
        f"load {os.getloadavg()[0]:.1f}",
    ]
    return " · ".join(facts)


def sync_ms(folder: Path | None = None) -> float:
    """Median time to append 4 KiB to a file and sync it, in the folder (default: that of temporary files)."""
    taken = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(SYNCS):
            begin = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)


def _first_value(file: str, name: str) -> str:
    lines = Path(file).read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), "unknown")
