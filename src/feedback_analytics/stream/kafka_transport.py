"""Faust's Kafka transport (aiokafka), in batches."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np
from faust.transport.drivers import aiokafka
from faust.types import TP

from feedback_analytics.processor import Batch
from feedback_analytics.stream.batches import BatchConsumer
from feedback_analytics.stream.kafka_records import Columns, Headers, read_as_columns
from feedback_analytics.stream.producer import Producer

STOP_SECONDS = 10.0
"""Longest wait for the consumer's thread to end; mode's own default is 60 s."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one fetch gave of a partition: its records, and the offset where the fetcher goes on.

    Between the last record and there lies what is no vote: transaction markers and aborted records.
    """

    records: Columns
    next_offset: int

    @property
    def first_offset(self) -> int:
        return self.records.offsets[0] if len(self.records) else self.next_offset


class ConsumerThread(aiokafka.AIOKafkaConsumerThread):
    """Reads what is committed: a vote of an aborted transaction was never cast."""

    shutdown_timeout = STOP_SECONDS

    async def on_thread_stop(self) -> None:
        """As Faust; without brokers aiokafka's closing raises the cancellation of its own fetch, and all would wait."""
        with contextlib.suppress(asyncio.CancelledError):
            await super().on_thread_stop()

    def _create_worker_consumer(self, transport: aiokafka.Transport) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Faust sets it only together with its own transactions, which are not used.
        consumer._isolation_level = "read_committed"
        return consumer

    async def _fetch_records(
        self, consumer: Any, active_partitions: set[TP], timeout: float | None = None, max_records: int | None = None
    ) -> Any:
        """As Faust, but columns, with where the fetcher goes on; also of partitions without a record, when it moved.

        At the end of a partition markers and aborted records have no record behind them that would cover them.
        """
        fetcher = consumer._fetcher
        with fetcher._subscriptions.fetch_context():
            taken = await self._take(consumer, active_partitions)
            if not taken and timeout and not fetcher._closed:
                waiter = fetcher._create_fetch_waiter()
                await asyncio.wait([waiter], timeout=timeout)
                if not waiter.done():
                    waiter.cancel()
                    return {}
                waiter.result()  # raises what the fetcher met
                taken = await self._take(consumer, active_partitions)
        return taken

    async def _take(self, consumer: Any, active_partitions: set[TP]) -> dict[TP, Taken]:
        """What the fetcher holds already."""
        subscriptions = consumer._fetcher._subscriptions
        if subscriptions.reassignment_in_progress:
            await subscriptions.wait_for_assignment()
        # From here on no other task runs: all is given as columns, and the positions are those right behind it.
        read_as_columns(consumer._fetcher)
        found = await super()._fetch_records(consumer, active_partitions, 0)
        assignment: Any = None if subscriptions.subscription is None else subscriptions.subscription.assignment
        taken: dict[TP, Taken] = {}
        wanted = cast(Consumer, self.consumer)._next
        for tp in () if assignment is None else assignment.tps:
            place, state = TP(tp.topic, tp.partition), assignment.state_value(tp)
            if place in wanted and state.has_valid_position and (tp in found or state.position > wanted[place]):
                taken[place] = Taken(Columns.joined(found.get(tp, [])), state.position)
        return taken


class Consumer(BatchConsumer, aiokafka.Consumer):
    """Fetches with aiokafka; hands over one batch per partition and fetch."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        """As Faust; records that retention cut before we read them are not passed over in silence."""
        taken: Any = await super()._getmany(active_partitions, timeout)
        behind_hole = [tp for tp, one in taken.items() if one.first_offset != self._next.get(tp)]
        if behind_hole:
            # aiokafka goes to the earliest record when its position is gone; markers alone leave the earliest below.
            earliest = await self.earliest_offsets(*behind_hole)
            if any(not earliest[tp] <= self._next.get(tp, -1) < taken[tp].next_offset for tp in behind_hole):
                self._pump.start_over()
                return {}
        return taken

    def _batch_of(self, tp: TP, records: Any, first_offset: int) -> Batch:
        taken: Taken = records
        found, next_offset = taken.records, taken.next_offset
        is_contiguous = next_offset - first_offset == len(found)
        headers = None if found.headers is None else [_named(one) for one in found.headers]
        return Batch(
            tp.topic,
            tp.partition,
            first_offset,
            next_offset,
            found.values,
            np.array(found.timestamps, dtype=np.int64) * 1000,
            None if is_contiguous else np.array(found.offsets, dtype=np.int64),
            headers,
        )


def _named(headers: Headers) -> dict[str, bytes] | None:
    """By name; a header without a value is an empty one. None when there are none."""
    return {name: value or b"" for name, value in headers} or None


class Transport(aiokafka.Transport):
    """`kafka://HOST:PORT`, as a scheme of our own in Faust: `batchkafka`."""

    Consumer: ClassVar[type[Consumer]] = Consumer
    Producer: ClassVar[Any] = cast(Any, Producer)
