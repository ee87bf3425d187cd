"""Batches through Faust: one Faust message per partition and fetch, instead of one per record.

Stock Faust costs 140 µs of CPU per message (tasks, locks, a queue entry); `stream.take()` batches after that cost.
What is overridden here is the least of `faust.transport.consumer.Consumer` (0.15.3) that lets a message carry a batch:

    getmany                 yields one message per partition and fetch: value = the batch, offset = its last
    seek_to_committed       asks the store where to go on; the broker's commits are a lag figure only
    _new_offset             commits what the store holds; offsets of messages jump by batch, Faust counts by one
    on_partitions_revoked   lets the running transaction finish first
    on_partitions_assigned  gives up what was held when nothing is assigned

Assignment, acks, commits, flow control, rebalances and agents stay Faust's: docs/decisions/0001-batches-in-faust.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from faust.types import TP, ConsumerMessage

from feedback_analytics.processor import Batch

if TYPE_CHECKING:
    from feedback_analytics.stream.pump import Pump


@dataclass(frozen=True, slots=True)
class Fetched:
    """A batch as fetched, and the epoch of positions it was fetched in; batches of older epochs are stale."""

    batch: Batch
    epoch: int


class BatchConsumer:
    """Mixed into a Faust consumer: hands over batches, and takes positions from the store.

    Batches of a partition join: each begins where the one before ended, also where a fetch was dropped on the way.
    The consumer below fetches; `_batch_of` turns what it fetched of one partition into a batch.
    """

    app: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._next: dict[TP, int] = {}
        self._dropped: set[TP] = set()
        self._seeking = asyncio.Lock()
        super().__init__(*args, **kwargs)

    @property
    def _pump(self) -> Pump:
        return cast("Pump", self.app.pump)

    def _batch_of(self, tp: TP, records: Any, first_offset: int) -> Batch:
        raise NotImplementedError

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """One message per partition that has records, or a few when the fetch holds more than a transaction may."""
        this = cast(Any, self)
        epoch, generation = self._pump.epoch, self.app.consumer_generation_id
        for tp in self._dropped & set(self._next):
            await this._seek(tp, self._next[tp])
        self._dropped.clear()
        records, _ = await this._wait_next_records(timeout)
        for tp, found in (records or {}).items():
            batch = self._batch_of(tp, found, self._next[tp]) if tp in self._next else None
            for piece in _pieces(batch, self._pump.max_batch_records) if batch is not None else ():
                is_stale = self._pump.epoch != epoch or self.app.consumer_generation_id != generation
                if is_stale or not this.flow_active or this.should_stop:
                    # Read on from where the last piece ended: what is dropped now must come again.
                    self._dropped.update(records)
                    return
                self._next[tp] = piece.next_offset
                # Faust drops messages below the offset it read last; after a seek it would drop what must come again.
                this._read_offset[tp] = None
                yield tp, self._to_message(tp, piece)

    def _to_message(self, tp: TP, record: Batch) -> ConsumerMessage:
        """The message that carries the batch; its offset is the batch's last."""
        appended_seconds = float(record.received_at[-1]) / 1e6 if len(record) else 0.0
        value = cast(Any, Fetched(record, self._pump.epoch))
        last = record.next_offset - 1
        return ConsumerMessage(
            tp.topic, tp.partition, last, appended_seconds, 0, [], None, value, None, 0, 0, tp,
            generation_id=self.app.consumer_generation_id,
        )  # fmt: skip

    def _new_offset(self, tp: TP) -> int | None:
        this = cast(Any, self)
        this._acked[tp].clear()
        this._acked_index[tp].clear()
        return self._pump.position_of((tp.topic, tp.partition))

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Go to the positions that the store holds; a partition that is stopped there is not fetched."""
        this = cast(Any, self)
        async with self._seeking:
            assigned = {TP(tp.topic, tp.partition) for tp in this.assignment()}
            held = await self._pump.claim({(tp.topic, tp.partition) for tp in assigned})
            positions = {tp: held[(tp.topic, tp.partition)] for tp in assigned if (tp.topic, tp.partition) in held}
            this.pause_partitions(assigned - set(positions))
            this.resume_partitions(set(positions))
            for tp, offset in positions.items():
                await this._seek(tp, offset)
            self._next = dict(positions)
            return positions

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Let the running transaction finish, so that the next owner need not repeat it."""
        await self._pump.settle()
        await cast(Any, super()).on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """As Faust; with an empty assignment Faust asks for no positions, so nothing would be given up."""
        if not assigned:
            await self._pump.claim(set())
        await cast(Any, super()).on_partitions_assigned(assigned, generation_id)


def _pieces(batch: Batch, most: int) -> Iterator[Batch]:
    """The batch in parts of at most so many records; they join, and cover what the batch covers."""
    if len(batch) <= most:
        yield batch
        return
    offsets = batch.record_offsets()
    first = batch.first_offset
    for start in range(0, len(batch), most):
        end = start + most
        next_offset = int(offsets[end]) if end < len(batch) else batch.next_offset
        yield Batch(
            batch.topic,
            batch.partition,
            first,
            next_offset,
            batch.values[start:end],
            batch.received_at[start:end],
            None if batch.offsets is None else batch.offsets[start:end],
            None if batch.headers is None else batch.headers[start:end],
        )
        first = next_offset
