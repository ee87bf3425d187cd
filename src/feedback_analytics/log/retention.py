"""Retention of the embedded log: cut what the store has and what is old, and keep a seal of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from feedback_analytics.log.embedded_file import LogFile, read_sql
from feedback_analytics.log.runs import PackedRun, hash_values, unpack

SLICE_RUNS = 64
# Runs cut in one transaction (at most 64 MiB): appenders wait for it.
MAX_FREE_SHARE = 0.5
# The file is made smaller when more of it than this is free; below it, new records fill the holes.
SLICE_PAGES = 2000
# Pages given back in one transaction.


def cut(file: LogFile, topic_id: int, partition: int, stored: int, older_than_us: int) -> int:
    """Cut the partition's runs below the stored offset that are older, in slices; how many records went.

    All that one call cuts has one seal, so that a log with little traffic does not keep a seal per record.
    """
    with closing(file.connect(for_writing=True)) as connection:
        cutter = _Cutter(file, connection, topic_id, partition)
        while cutter.cut_slice(stored, older_than_us):
            pass
        return cutter.records


def give_space_back(file: LogFile) -> None:
    """Make the file smaller when most of it is free."""
    with closing(file.connect(for_writing=True)) as connection:
        while _free_share(connection) > MAX_FREE_SHARE:
            with file.exclusive():
                connection.execute(f"pragma incremental_vacuum({SLICE_PAGES})").fetchall()


class _Cutter:
    def __init__(self, file: LogFile, connection: sqlite3.Connection, topic_id: int, partition: int) -> None:
        self._file, self._connection = file, connection
        self._at = {"topic_id": topic_id, "partition": partition}
        self._first: int | None = None
        self._xor = 0
        self.records = 0

    def cut_slice(self, stored: int, older_than_us: int) -> bool:
        """Cut some; whether there was any to cut. The seal and the cut are one transaction."""
        which = {**self._at, "stored": stored, "older_than_us": older_than_us, "limit": SLICE_RUNS}
        with self._file.exclusive(), self._connection:
            self._connection.execute("begin immediate")
            rows = self._connection.execute(read_sql("oldest_runs"), which).fetchall()
            for first, appended_at_us, *packed in rows:
                run = unpack(first, appended_at_us, PackedRun(*packed))
                self._first = run.first if self._first is None else self._first
                self._xor ^= hash_values(run.values, run.first)
                self.records += len(run.values)
                next_offset = run.next
            if rows:
                seal = {"first": self._first, "next": next_offset, "records": self.records}
                columns = {**self._at, **seal, "hash_xor": self._xor.to_bytes(8)}
                for step in ("add_seal", "cut_runs", "move_earliest"):
                    self._connection.execute(read_sql(step), columns)
        return bool(rows)


def _free_share(connection: sqlite3.Connection) -> float:
    (free,) = connection.execute("pragma freelist_count").fetchone()
    (pages,) = connection.execute("pragma page_count").fetchone()
    return int(free) / max(1, int(pages))
