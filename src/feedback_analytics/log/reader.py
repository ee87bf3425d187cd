"""Reading the embedded log: one connection that only reads, shared by the threads of a process."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from feedback_analytics.errors import LogError
from feedback_analytics.log.embedded_file import LogFile, as_log_errors, read_sql
from feedback_analytics.log.records import OffsetRange, Seal
from feedback_analytics.log.runs import PackedRun, Run, hash_values, unpack


@dataclass(frozen=True, slots=True)
class Topic:
    """What is fixed for the life of a topic."""

    topic_id: int
    partitions: int


class LogReader:
    """Each question is answered on one state of the log, whatever is appended or cut meanwhile."""

    def __init__(self, file: LogFile) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._topics: dict[str, Topic] = {}
        self._ranges_sql, self._runs_sql, self._seals_sql = map(read_sql, ("ranges", "runs_from", "seals_between"))
        with as_log_errors(file.path):
            self._connection = file.connect(for_writing=False)

    def names(self) -> list[str]:
        with self._snapshot() as connection:
            return [name for (name,) in connection.execute("select name from topics order by name")]

    def topic(self, name: str) -> Topic:
        """LogError when there is no such topic."""
        known = self._topics.get(name)
        if known is None:
            with self._snapshot() as connection:
                row = connection.execute("select topic_id, partitions from topics where name = ?", (name,)).fetchone()
            if row is None:
                raise LogError(
                    f"there is no topic {name} in {self._file.path}. Make it first: feedback serve does.",
                    retry_after_seconds=None,
                )
            known = self._topics[name] = Topic(*row)
        return known

    def ranges(self, topic: str) -> dict[int, OffsetRange]:
        topic_id = self.topic(topic).topic_id
        with self._snapshot() as connection:
            return self._ranges(connection, topic_id)

    def runs(self, topic: str, partition: int, offset: int, max_records: int) -> list[Run]:
        topic_id = self.topic(topic).topic_id
        with self._snapshot() as connection:
            held = self._range(connection, topic_id, topic, partition)
            if not held.earliest <= offset <= held.next:
                raise LogError(
                    f"{topic}[{partition}]@{offset} is not in {self._file.path}, which holds "
                    f"[{held.earliest}, {held.next}) of it.",
                    retry_after_seconds=None,
                )
            return list(self._runs(connection, topic_id, partition, offset, max_records))

    def seal(self, topic: str, partition: int, first: int, next_: int) -> Seal | None:
        topic_id = self.topic(topic).topic_id
        with self._snapshot() as connection:
            held = self._range(connection, topic_id, topic, partition)
            if not 0 <= first <= next_ <= held.next:
                return None
            total = self._sealed(connection, topic_id, partition, first, min(next_, held.earliest))
            if total is None:
                return None
            offset = max(first, held.earliest)
            for run in self._runs(connection, topic_id, partition, offset, next_ - offset):
                part = run.between(offset, next_)
                total = Seal(total.count + len(part.values), total.xor ^ hash_values(part.values, part.first))
            return total

    def change_mark(self) -> int:
        with self._snapshot() as connection:
            return int(connection.execute("pragma data_version").fetchone()[0])

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread, on one state of the log."""
        with self._lock, as_log_errors(self._file.path):
            self._connection.execute("begin")
            try:
                yield self._connection
            finally:
                self._connection.execute("rollback")

    def _ranges(self, connection: sqlite3.Connection, topic_id: int) -> dict[int, OffsetRange]:
        rows = connection.execute(self._ranges_sql, {"topic_id": topic_id})
        return {partition: OffsetRange(earliest, next_offset) for partition, earliest, next_offset in rows}

    def _range(self, connection: sqlite3.Connection, topic_id: int, topic: str, partition: int) -> OffsetRange:
        ranges = self._ranges(connection, topic_id)
        if partition not in ranges:
            raise LogError(f"topic {topic} has no partition {partition}.", retry_after_seconds=None)
        return ranges[partition]

    def _runs(
        self, connection: sqlite3.Connection, topic_id: int, partition: int, offset: int, max_records: int
    ) -> Iterator[Run]:
        at = {"topic_id": topic_id, "partition": partition, "offset": offset}
        with closing(connection.execute(self._runs_sql, at)) as rows:
            while max_records > 0 and (row := rows.fetchone()):
                first, appended_at_us, *packed = row
                run = unpack(first, appended_at_us, PackedRun(*packed))
                run = run.between(offset, run.next)
                if run.values:
                    max_records -= len(run.values)
                    yield run

    def _sealed(
        self, connection: sqlite3.Connection, topic_id: int, partition: int, first: int, next_: int
    ) -> Seal | None:
        """The sum of the seals that make up [first, next_); None when they leave a gap or reach past it."""
        total, offset = Seal(0, 0), first
        at = {"topic_id": topic_id, "partition": partition, "first": first, "next": next_}
        for sealed_first, sealed_next, records, hash_xor in connection.execute(self._seals_sql, at):
            if sealed_first != offset:
                return None
            total = Seal(total.count + records, total.xor ^ int.from_bytes(hash_xor))
            offset = sealed_next
        return total if offset == max(first, next_) else None
