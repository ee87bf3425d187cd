"""Faust's transport over the embedded log: the same app and agents, without a broker or a coordinator.

One worker owns every partition; who that is, the lease on the log's folder says. Positions come from the store, so
commits to the log are not kept: they go nowhere.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any, ClassVar, cast

import numpy as np
from faust.transport import base
from faust.transport.consumer import Consumer as FaustConsumer
from faust.transport.consumer import ensure_TP
from faust.types import TP

from feedback_analytics.log import EmbeddedLog, Run
from feedback_analytics.processor import Batch
from feedback_analytics.stream.batches import BatchConsumer
from feedback_analytics.stream.producer import Producer

FETCH_RECORDS = 16_384
"""Records of one fetch and partition: three or four fill a transaction."""

POLL_SECONDS = 0.01
"""How often the log is asked whether another process has written; costs microseconds."""


class Consumer(BatchConsumer, FaustConsumer):
    """Fetches runs of records from the embedded log."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._log: EmbeddedLog = cast(Any, self.app).event_log
        self._reader = ThreadPoolExecutor(1, "log-reader")
        self._owned: set[TP] = set()
        self._generation = 0

    async def on_stop(self) -> None:
        await super().on_stop()
        self._reader.shutdown(wait=True)

    async def subscribe(self, topics: Iterable[str]) -> None:
        owned = {TP(topic, partition) for topic in topics for partition in range(self._log.partitions(topic))}
        # A task of its own: the conductor waits for subscribe before an assignment may finish.
        self.add_future(self._assign(owned))

    async def _assign(self, owned: set[TP]) -> None:
        app = cast(Any, self.app)
        app.on_rebalance_start()
        self._generation += 1
        # Must be the app's generation too: Faust's recovery silently ignores assignments of another one.
        app.consumer_generation_id = self._generation
        if self._owned:
            await self.on_partitions_revoked(self._owned)
        self._owned = owned
        await self.on_partitions_assigned(owned, self._generation)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> dict[TP, list[Run]]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while self.flow_active:
            wanted = {tp: self._next[tp] for tp in active_partitions or () if tp in self._next}
            mark, found = await loop.run_in_executor(self._reader, self._read, wanted)
            if found:
                return found
            while self._log.change_mark() == mark:
                if loop.time() >= deadline or not self.flow_active:
                    return {}
                await asyncio.sleep(POLL_SECONDS)
        return {}

    def _read(self, wanted: Mapping[TP, int]) -> tuple[int, dict[TP, list[Run]]]:
        """The change mark as it was before reading, and the runs of each partition that has any."""
        mark = self._log.change_mark()
        found = {tp: self._log.read_runs(tp.topic, tp.partition, at, FETCH_RECORDS) for tp, at in wanted.items()}
        return mark, {tp: runs for tp, runs in found.items() if runs}

    def _batch_of(self, tp: TP, records: Any, first_offset: int) -> Batch:
        runs: Sequence[Run] = records
        values = runs[0].values if len(runs) == 1 else list(chain.from_iterable(run.values for run in runs))
        times = np.repeat(
            np.array([run.appended_at_us for run in runs], dtype=np.int64), [len(run.values) for run in runs]
        )
        headers: list[dict[str, bytes] | None] | None = None
        if any(run.headers for run in runs):
            headers = [dict(one) or None for run in runs for one in (run.headers or [()] * len(run.values))]
        return Batch(tp.topic, tp.partition, first_offset, runs[-1].next, values, times, None, headers)

    async def _seek(self, partition: TP, offset: int) -> None:
        self._next[ensure_TP(partition)] = offset

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        return True

    def assignment(self) -> set[TP]:
        return set(self._owned)

    def topic_partitions(self, topic: str) -> int | None:
        return self._log.partitions(topic)

    def highwater(self, tp: TP) -> int:
        return self._log.ranges(tp.topic)[tp.partition].next

    async def highwaters(self, *partitions: TP) -> dict[TP, int]:
        return {tp: self.highwater(tp) for tp in partitions}

    async def earliest_offsets(self, *partitions: TP) -> dict[TP, int]:
        return {tp: self._log.ranges(tp.topic)[tp.partition].earliest for tp in partitions}

    async def position(self, tp: TP) -> int | None:
        return self._next.get(tp)

    # What follows Faust wants of every consumer for tables, changelogs and sending; the app has none of them.

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)

    async def create_topic(self, topic: str, partitions: int, replication: int, **options: Any) -> None:
        self._log.create_topic(topic, partitions)

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        for tp, offset in partitions.items():
            await self._seek(tp, offset)

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int | None:
        return partition


class Transport(base.Transport):
    """`embedded:DIR`, as a scheme of Faust."""

    Consumer: ClassVar[type[Consumer]] = Consumer
    Producer: ClassVar[type[Producer]] = Producer
    default_port = 0
    driver_version = f"sqlite={sqlite3.sqlite_version}"
