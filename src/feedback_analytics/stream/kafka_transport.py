"""Faust's Kafka transport (aiokafka), in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

import numpy as np
from faust.transport.drivers import aiokafka
from faust.types import TP

from feedback_analytics.processor import Batch
from feedback_analytics.stream.batches import BatchConsumer
from feedback_analytics.stream.producer import Producer


class ConsumerThread(aiokafka.AIOKafkaConsumerThread):
    """Reads what is committed: a vote of an aborted transaction was never cast."""

    def _create_worker_consumer(self, transport: aiokafka.Transport) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Faust sets it only together with its own transactions, which are not used.
        consumer._isolation_level = "read_committed"
        return consumer


class Consumer(BatchConsumer, aiokafka.Consumer):
    """Fetches with aiokafka; hands over one batch per partition and fetch."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Mapping[TP, list[Any]]:
        """As Faust; records that retention cut before we read them are not passed over in silence."""
        found = await super()._getmany(active_partitions, timeout)
        fetched = {TP(tp.topic, tp.partition): records for tp, records in found.items()}
        behind_hole = [tp for tp, records in fetched.items() if records[0].offset > self._next.get(tp, 0)]
        if behind_hole:
            earliest = await self.earliest_offsets(*behind_hole)
            if any(earliest[tp] > self._next.get(tp, 0) for tp in behind_hole):
                self._pump.start_over()
                return {}
        return fetched

    def _batch_of(self, tp: TP, records: Sequence[Any], first_offset: int) -> Batch:
        # Transaction markers and aborted records use up offsets: those count as covered by the batch after them.
        next_offset = records[-1].offset + 1
        is_contiguous = next_offset - first_offset == len(records)
        headers = [dict(record.headers) or None for record in records] if any(r.headers for r in records) else None
        return Batch(
            tp.topic,
            tp.partition,
            first_offset,
            next_offset,
            [record.value or b"" for record in records],
            np.array([record.timestamp for record in records], dtype=np.int64) * 1000,
            None if is_contiguous else np.array([record.offset for record in records], dtype=np.int64),
            headers,
        )


class Transport(aiokafka.Transport):
    """`kafka://HOST:PORT`, as a scheme of our own in Faust: `batchkafka`."""

    Consumer: ClassVar[type[Consumer]] = Consumer
    Producer: ClassVar[Any] = cast(Any, Producer)
