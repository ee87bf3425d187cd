"""Bytes a vote on disk: `python -m benchmarks.disk [--votes 1000000]`.

Votes of new readers with every column and ULID event ids go through the log and the worker into a fresh store; then
`feedback maintenance run`. Counted are the data files that the newest snapshot names, and the whole catalog. Files that
maintenance has replaced are kept for an hour for readers; they are printed, but are not live.
"""

from __future__ import annotations

import argparse
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import feedback_analytics
from benchmarks.events import votes
from benchmarks.filling import fill
from benchmarks.table import row
from benchmarks.worker import run_worker
from feedback_analytics.settings import read_settings

PARCEL = 100
"""Votes that come at the same moment: as few as at a busy ingest, since equal times of receipt cost nothing."""

MOST_BYTES = 60


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--votes", type=int, default=1_000_000)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="feedback-bench-") as folder:
        measure(Path(folder), given.votes)


def measure(data: Path, count: int) -> None:
    # In small parcels, so that their times of receipt differ.
    fill(read_settings({"data_dir": str(data)}), votes(count), PARCEL)
    run_worker(data, count)
    subprocess.run(
        [sys.executable, "-m", "feedback_analytics", "maintenance", "run", "--data", str(data)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with feedback_analytics.connect(str(data)) as lake:
        (stored,) = lake.sql("select count(*) from mart.votes").fetchone() or (0,)
    if stored != count:
        raise SystemExit(f"{count} votes were appended, {stored} are stored")
    live, catalog, all_files = sizes(data / "lake")
    for table, size in live.items():
        print(f"{table:<24} {size / count:7.2f} bytes a vote")
    print(f"{'catalog':<24} {catalog / count:7.2f} bytes a vote")
    print(f"{'replaced, kept an hour':<24} {(all_files - sum(live.values())) / count:7.2f} bytes a vote")
    total = (sum(live.values()) + catalog) / count
    case = f"disk: {count:,} votes, live files and catalog after maintenance"
    print(row(case, f"{total:.1f} bytes a vote", f"≤ {MOST_BYTES}", total <= MOST_BYTES))


def sizes(lake: Path) -> tuple[dict[str, int], int, int]:
    """Bytes of the live files by table, of the catalog, and of all data files."""
    live = (
        "select table_name, sum(file_size_bytes) from ducklake_data_file join ducklake_table using (table_id) "
        "where ducklake_data_file.end_snapshot is null and ducklake_table.end_snapshot is null "
        "group by 1 order by 2 desc"
    )
    with closing(sqlite3.connect(lake / "catalog.sqlite")) as connection:
        by_table = {str(name): int(size) for name, size in connection.execute(live)}
    catalog = sum(file.stat().st_size for file in lake.glob("catalog.sqlite*"))
    return by_table, catalog, sum(file.stat().st_size for file in (lake / "data").rglob("*.parquet"))


if __name__ == "__main__":
    main()
