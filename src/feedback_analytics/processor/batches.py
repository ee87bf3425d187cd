"""Batch: consecutive records of one partition, as the stream hands them over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive records of one partition.

    values holds the records' bytes in order; received_at their append times (int64, µs UTC). The batch covers the
    offsets [first_offset, next_offset). offsets is None when they are contiguous; else it holds one per record, since
    Kafka's transaction markers use up offsets. headers is None when no record has any, else one mapping per record.
    """

    topic: str
    partition: int
    first_offset: int
    next_offset: int
    values: Sequence[bytes]
    received_at: NDArray[np.int64]
    offsets: NDArray[np.int64] | None = None
    headers: Sequence[dict[str, bytes] | None] | None = None

    @property
    def place(self) -> tuple[str, int]:
        return (self.topic, self.partition)

    def __len__(self) -> int:
        return len(self.values)

    def record_offsets(self) -> NDArray[np.int64]:
        """One offset per record."""
        if self.offsets is not None:
            return self.offsets
        return np.arange(self.first_offset, self.next_offset, dtype=np.int64)

    def since(self, offset: int) -> Batch:
        """The part of the batch at and after offset."""
        if offset <= self.first_offset:
            return self
        keep = int(np.searchsorted(self.record_offsets(), offset))
        return Batch(
            self.topic,
            self.partition,
            min(offset, self.next_offset),
            self.next_offset,
            self.values[keep:],
            self.received_at[keep:],
            None if self.offsets is None else self.offsets[keep:],
            None if self.headers is None else self.headers[keep:],
        )
