"""The service without its processes: a real log, store and processor in one folder, opened and closed at will."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from feedback_analytics.contract import ARTICLES_TOPIC, VOTES_TOPIC, partition_of, secret_fingerprint
from feedback_analytics.log import EventLog, NewRecord, open_log
from feedback_analytics.processor import Batch, OutgoingRecord, Processor, Steps, TopicIdentity, open_processor
from feedback_analytics.settings import Settings, read_settings
from feedback_analytics.store import Writer, open_writer
from tests.support.builders import SECRET

PARTITIONS = 2
TOPICS = (VOTES_TOPIC, ARTICLES_TOPIC)


def utc_now() -> datetime:
    return datetime.now(UTC)


class House:
    """Log, store and processor on one data directory; `reopen` is a restart."""

    def __init__(
        self,
        folder: Path,
        *,
        now: Callable[[], datetime] = utc_now,
        steps: Steps | None = None,
        flags: Mapping[str, object] | None = None,
    ) -> None:
        self.folder = folder
        self.settings: Settings = read_settings({"data_dir": str(folder), **(flags or {})})
        self._now, self._steps = now, steps
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        self.log: EventLog = self._stack.enter_context(open_log(self.settings))
        for topic in TOPICS:
            self.log.create_topic(topic, PARTITIONS)
        self.writer: Writer = self._stack.enter_context(
            open_writer(self.settings, secret_fingerprint=secret_fingerprint(SECRET), now=self._now)
        )
        self.processor: Processor = self._stack.enter_context(
            open_processor(
                self.writer,
                index_dir=self.folder / "index",
                identify=self.identify,
                ends=lambda topic: {at: one.next for at, one in self.log.ranges(topic).items()},
                append=self.append_outgoing,
                secret=SECRET,
                now=self._now,
                steps=self._steps,
                checkpoint_dir=self.writer.shared_folder and self.writer.shared_folder / "checkpoints",
            )
        )
        self.processor.claim({(topic, partition) for topic in TOPICS for partition in range(PARTITIONS)})

    def close(self) -> None:
        self._stack.close()

    def reopen(self, *, without_index: bool = False) -> None:
        self.close()
        if without_index:
            shutil.rmtree(self.folder / "index")
        self.open()

    def identify(self, topic: str) -> TopicIdentity:
        ranges = {partition: (one.earliest, one.next) for partition, one in self.log.ranges(topic).items()}
        return TopicIdentity(self.log.log_id(topic), self.log.partitions(topic), ranges)

    def append_outgoing(self, records: Sequence[OutgoingRecord]) -> Future[object]:
        return self.log.append([NewRecord(r.topic, r.partition, r.key, r.value, r.headers) for r in records])

    def append(self, events: Iterable[tuple[bytes, bytes]], topic: str = VOTES_TOPIC) -> None:
        """Put (key, value) records into the log, at the home of their keys."""
        self.log.append([NewRecord(topic, partition_of(key, PARTITIONS), key, value) for key, value in events]).result()

    def append_to(self, partition: int, value: bytes, topic: str = VOTES_TOPIC, key: bytes = b"") -> None:
        """Put one record into a partition, home or not."""
        self.log.append([NewRecord(topic, partition, key, value)]).result()

    def next_batch(self, topic: str, partition: int, most: int) -> Batch | None:
        """The next records of a partition that the store does not have, at most so many; None when there are none."""
        position = self.processor.positions[(topic, partition)]
        records = self.log.read(topic, partition, position, most)
        if not records:
            return None
        return Batch(
            topic,
            partition,
            position,
            records[-1].offset + 1,
            [record.value for record in records],
            np.array([record.appended_at_us for record in records], dtype=np.int64),
            headers=[dict(record.headers) or None for record in records],
        )

    def process_all(self, most: int = 10_000) -> None:
        """Process what waits in the log, until nothing does."""
        places = [(topic, partition) for topic in TOPICS for partition in range(PARTITIONS)]
        while batches := [batch for place in places if (batch := self.next_batch(*place, most)) is not None]:
            self.processor.process(batches)
