"""The embedded log: one SQLite file, appended to by several processes, read by one worker.

    with EmbeddedLog(Path("data/log"), LogSettings()) as log:
        log.create_topic("feedback.votes.v1", 4)
        (place,) = log.append([NewRecord("feedback.votes.v1", 0, key, value)]).result()

It promises what EventLog promises, and that a record is never cut before the store has it. It does not coordinate
readers: who reads keeps the position.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Self

from feedback_analytics.errors import LogError
from feedback_analytics.log.appender import Appender
from feedback_analytics.log.embedded_file import LogFile, as_log_errors, read_sql
from feedback_analytics.log.parcels import wrap
from feedback_analytics.log.reader import LogReader
from feedback_analytics.log.records import LoggedRecord, NewRecord, OffsetRange, Place, Seal
from feedback_analytics.log.retention import cut, give_space_back
from feedback_analytics.log.runs import Run
from feedback_analytics.settings import LogSettings


def wall_clock_us() -> int:
    """Now, µs UTC."""
    return time.time_ns() // 1000


class EmbeddedLog:
    """The log in `folder/log.sqlite`; made if it is not there. Every trouble with the file is a LogError."""

    def __init__(self, folder: Path, settings: LogSettings, now_us: Callable[[], int] = wall_clock_us) -> None:
        self.folder = folder
        self._file = LogFile(folder, now_us())
        self._reader = LogReader(self._file)
        self._appender = Appender(self._file, settings.max_waiting_bytes, now_us)

    def log_id(self, topic: str) -> str:
        self._reader.topic(topic)
        return self._file.log_id

    def create_topic(self, topic: str, partitions: int) -> None:
        with as_log_errors(self._file.path), self._file.exclusive():
            self._file.refuse_if_replaced()
            with closing(self._file.connect(for_writing=True)) as connection, connection:
                connection.execute("begin immediate")
                connection.execute("insert or ignore into topics (name, partitions) values (?, ?)", (topic, partitions))
                connection.execute(read_sql("make_partitions"), {"topic": topic})
        there = self.partitions(topic)
        if there != partitions:
            raise LogError(
                f"topic {topic} has {there} partitions in {self._file.path}, {partitions} are asked for. The number is "
                f"fixed for the life of a topic: set log.partitions to {there}.",
                retry_after_seconds=None,
            )

    def topics(self) -> list[str]:
        return self._reader.names()

    def partitions(self, topic: str) -> int:
        return self._reader.topic(topic).partitions

    def append(self, records: Sequence[NewRecord]) -> Future[list[Place]]:
        for topic, partition in {(record.topic, record.partition) for record in records}:
            if not 0 <= partition < self._reader.topic(topic).partitions:
                raise LogError(f"topic {topic} has no partition {partition}.", retry_after_seconds=None)
        return self._appender.submit(wrap(records))

    def ranges(self, topic: str) -> dict[int, OffsetRange]:
        return self._reader.ranges(topic)

    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[LoggedRecord]:
        records: list[LoggedRecord] = []
        for run in self.read_runs(topic, partition, offset, max_records):
            headers = run.headers or [()] * len(run.values)
            for at, key, value, own in zip(range(run.first, run.next), run.keys, run.values, headers, strict=True):
                records.append(LoggedRecord(at, run.appended_at_us, key, value, own))
        return records[:max_records]

    def read_runs(self, topic: str, partition: int, offset: int, max_records: int) -> list[Run]:
        """Whole runs, the first one from the offset on, until they hold max_records; empty at the end of the log.

        The fast way to read: a run's records share one append time. LogError when the offset was cut or lies ahead.
        """
        return self._reader.runs(topic, partition, offset, max_records)

    def change_mark(self) -> int:
        """A number that changes when any process has written to the log since the last call; costs microseconds."""
        return self._reader.change_mark()

    def seal(self, topic: str, partition: int, first: int, next: int) -> Seal | None:
        return self._reader.seal(topic, partition, first, next)

    def retain(self, topic: str, stored: Mapping[int, int], older_than_us: int) -> int:
        topic_id = self._reader.topic(topic).topic_id
        with as_log_errors(self._file.path):
            self._file.refuse_if_replaced()
            total = sum(cut(self._file, topic_id, at, offset, older_than_us) for at, offset in stored.items())
            give_space_back(self._file)
        return total

    @property
    def moved_to(self) -> str | None:
        """The broker that takes the records of this log now; None while the log takes them itself."""
        return self._file.moved_to

    def close_for(self, broker: str) -> None:
        """Take no record any more, of no process: they go to the broker. What was taken can still be read."""
        self._file.close_for(broker)

    def open_again(self) -> None:
        """Take records again, as the move to another broker was given up."""
        self._file.open_again()

    def close(self) -> None:
        # The last connection to go folds the WAL into the file; the reading one could not.
        self._reader.close()
        self._appender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
