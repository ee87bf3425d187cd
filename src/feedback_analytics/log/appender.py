"""The one writing thread of the embedded log: all that waits goes into the next sync of the disk."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import chain

import msgspec
from msgspec.structs import astuple

from feedback_analytics.errors import LogError
from feedback_analytics.log.embedded_file import LogFile, as_log_errors, read_sql
from feedback_analytics.log.parcels import Parcel, places_of, sort_by_partition
from feedback_analytics.log.records import Place
from feedback_analytics.log.runs import PackedRun, pack

TRANSACTION_BYTES = 16 * 2**20
# Bounds a transaction's memory and the time other processes wait for it: about 0.1 s of writing.
CHECKPOINT_PAGES = 4000
# 16 MB of WAL before its pages go to their places; SQLite's default of 4 MB costs more syncs in a backlog.
FULL_RETRY_SECONDS = 1.0

MOST_ROWS = 64
# Rows of one statement, for SQLite's limits; a group of readers' votes has a run per partition.

At = tuple[str, int]
"""Topic and partition."""

Head = tuple[int, int]
"""Where the next record of a partition goes, and when the last one came (µs UTC)."""

PackedPartitions = dict[At, list[PackedRun]]


class Appender:
    """Takes parcels from any thread and answers each when it is on the disk."""

    def __init__(self, file: LogFile, max_waiting_bytes: int, now_us: Callable[[], int]) -> None:
        self._file, self._max_waiting_bytes, self._now_us = file, max_waiting_bytes, now_us
        self._waiting: deque[Parcel] = deque()
        self._waiting_bytes = 0
        self._changed = threading.Condition()
        self._is_closed = False
        self._head, self._add_runs, self._move_heads = read_sql("head"), read_sql("add_runs"), read_sql("move_heads")
        self._connection: sqlite3.Connection | None = None
        self._topic_ids: dict[str, int] = {}
        self._heads: dict[At, Head] = {}
        self._heads_version = -1
        self._thread = threading.Thread(target=self._run, name="log-appender", daemon=True)
        self._thread.start()

    def submit(self, parcel: Parcel) -> Future[list[Place]]:
        """Queue the parcel. LogError at once when more than max_waiting_bytes wait."""
        with self._changed:
            if self._is_closed:
                raise LogError(f"the log {self._file.path} is closed.", retry_after_seconds=None)
            if self._waiting_bytes and self._waiting_bytes + parcel.size_bytes > self._max_waiting_bytes:
                raise LogError(
                    f"{self._waiting_bytes} bytes wait to be written to {self._file.path}; "
                    f"log.max_waiting_bytes allows {self._max_waiting_bytes}. Send again later.",
                    FULL_RETRY_SECONDS,
                )
            self._waiting.append(parcel)
            self._waiting_bytes += parcel.size_bytes
            self._changed.notify()
        return parcel.done

    def close(self) -> None:
        """Write what waits, then end the thread."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while parcels := self._take():
            try:
                answers = places_of(parcels, self._write(parcels))
            except Exception as error:  # whatever it is, those who wait are told
                for parcel in parcels:
                    parcel.done.set_exception(error)
            else:
                for parcel, places in zip(parcels, answers, strict=True):
                    parcel.done.set_result(places)
        with contextlib.suppress(LogError), self._file.exclusive():
            self._drop_connection()

    def _take(self) -> list[Parcel]:
        """What waits, up to TRANSACTION_BYTES; empty when closed and nothing waits."""
        with self._changed:
            while True:
                self._changed.wait_for(lambda: self._waiting or self._is_closed)
                taken: list[Parcel] = []
                size = 0
                while self._waiting and (not taken or size + self._waiting[0].size_bytes <= TRANSACTION_BYTES):
                    parcel = self._waiting.popleft()
                    self._waiting_bytes -= parcel.size_bytes
                    if parcel.done.set_running_or_notify_cancel():
                        taken.append(parcel)
                        size += parcel.size_bytes
                if taken or self._is_closed:
                    return taken

    def _write(self, parcels: Sequence[Parcel]) -> dict[At, int]:
        """Make the parcels durable in one transaction; the first offset of each partition's records."""
        waiting = sort_by_partition(parcels)
        partitions = {at: list(pack(own.keys, own.values, own.headers)) for at, own in waiting.items()}
        with as_log_errors(self._file.path), self._file.exclusive():
            self._file.refuse_if_replaced()
            self._file.refuse_if_moved()
            try:
                connection = self._connection or self._open()
                connection.execute("begin immediate")
                first_offsets, heads = self._add(connection, partitions)
                connection.execute("commit")
            except BaseException:
                # After a failed sync the connection's view of the file is not to be trusted.
                self._drop_connection()
                raise
        self._heads.update(heads)
        return first_offsets

    def _add(
        self, connection: sqlite3.Connection, partitions: PackedPartitions
    ) -> tuple[dict[At, int], dict[At, Head]]:
        """The first offset of each partition's records, and the heads once they are committed."""
        self._forget_moved_heads(connection)
        now_us = self._now_us()
        first_offsets, heads = {}, {}
        added: list[tuple[object, ...]] = []
        moved: list[tuple[int, ...]] = []
        for at, runs in partitions.items():
            topic_id, partition = self._topic_id(connection, at[0]), at[1]
            head = self._heads.get(at) or connection.execute(self._head, (topic_id, partition)).fetchone()
            next_offset, last_us = head
            appended_at_us = max(now_us, last_us)
            first_offsets[at] = next_offset
            for run in runs:
                added.append((topic_id, partition, next_offset, appended_at_us, *astuple(run)))
                next_offset += run.records
            moved.append((topic_id, partition, next_offset, appended_at_us))
            heads[at] = (next_offset, appended_at_us)
        # One statement for all: after each the thread must wait for the interpreter again.
        _insert(connection, self._add_runs, added)
        connection.execute(self._move_heads, (msgspec.json.encode(moved).decode(),))
        return first_offsets, heads

    def _forget_moved_heads(self, connection: sqlite3.Connection) -> None:
        """SQLite counts the commits of others; while there are none, the heads are where our last commit put them."""
        (version,) = connection.execute("pragma data_version").fetchone()
        if version != self._heads_version:
            self._heads.clear()
            self._heads_version = version

    def _topic_id(self, connection: sqlite3.Connection, topic: str) -> int:
        """Fixed for the life of the file."""
        if topic not in self._topic_ids:
            found = connection.execute("select topic_id from topics where name = ?", (topic,)).fetchone()
            self._topic_ids[topic] = found[0]
        return self._topic_ids[topic]

    def _open(self) -> sqlite3.Connection:
        self._connection = self._file.connect(for_writing=True)
        self._connection.execute(f"pragma wal_autocheckpoint = {CHECKPOINT_PAGES}")
        return self._connection

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._heads.clear()


def _insert(connection: sqlite3.Connection, query: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Run an insert of one row for many rows, in as few statements as SQLite's limits allow."""
    for start in range(0, len(rows), MOST_ROWS):
        some = rows[start : start + MOST_ROWS]
        marks = f", ({', '.join('?' * len(some[0]))})"
        connection.execute(query + marks * (len(some) - 1), list(chain.from_iterable(some)))
