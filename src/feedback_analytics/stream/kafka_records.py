"""Records of a Kafka fetch as columns, instead of one object of Python's per record.

aiokafka's `PartitionRecords` (0.14) makes a ConsumerRecord of each record, through two generators: 1.9 µs of the
interpreter's time, which the rest of the worker waits for. Its Cython parser gives a whole record batch at once: 0.7.
What is read is the same: checksums are verified, control batches and aborted transactions are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException

Headers = list[tuple[str, bytes | None]]


@dataclass(slots=True)
class Columns:
    """Records of one partition in order, column by column.

    timestamps are in ms since 1970; headers is None where no record has any.
    """

    offsets: list[int]
    timestamps: list[int]
    values: list[bytes]
    headers: list[Headers] | None

    @classmethod
    def joined(cls, parts: list[Columns]) -> Columns:
        whole = cls([], [], [], None)
        for part in parts:
            whole.offsets += part.offsets
            whole.timestamps += part.timestamps
            whole.values += part.values
        if any(part.headers for part in parts):
            whole.headers = [one for part in parts for one in part.headers or [[]] * len(part)]
        return whole

    def __len__(self) -> int:
        return len(self.offsets)


class ColumnRecords(PartitionRecords):  # type: ignore[misc]  # aiokafka ships no types
    """As aiokafka's, but an item is the columns of a record batch. Made of one that was not read from yet."""

    next_fetch_offset: int

    def __init__(self, fetched: PartitionRecords) -> None:
        super().__init__(
            fetched._tp,
            fetched._records,
            fetched._aborted_transactions,
            fetched.next_fetch_offset,
            None,
            None,
            fetched._check_crcs,
            fetched._isolation_level,
        )

    def _unpack_records(self) -> Iterator[Columns]:
        while self._records.has_next():
            batch = self._records.next_batch()
            if self._check_crcs and not batch.validate_crc():
                raise CorruptRecordException(f"Invalid CRC - {self._tp}")
            is_skipped = self._is_skipped(batch)
            # A fetch begins with the batch that holds the offset asked for, which may begin before it.
            records = [] if is_skipped else [record for record in batch if record.offset >= self.next_fetch_offset]
            self.next_fetch_offset = batch.next_offset
            if records:
                yield _columns_of(records)

    def _is_skipped(self, batch: Any) -> bool:
        """Markers, and what belongs to an aborted transaction; notes which transactions are."""
        if self._isolation_level == READ_COMMITTED and batch.producer_id is not None:
            self._consume_aborted_up_to(batch.base_offset)
            if batch.is_control_batch and self._contains_abort_marker(batch):
                self._aborted_producers.discard(batch.producer_id)
            if batch.is_transactional and batch.producer_id in self._aborted_producers:
                return True
        return bool(batch.is_control_batch)


def _columns_of(records: list[Any]) -> Columns:
    headers = [record.headers for record in records]
    return Columns(
        [record.offset for record in records],
        [record.timestamp for record in records],
        [record.value or b"" for record in records],
        # A list per record, kept, would have the garbage collector look at each of them again and again.
        headers if any(headers) else None,
    )


def read_as_columns(fetcher: Any) -> None:
    """Let the fetcher give what it holds as Columns. Ask it right after this, without an await between."""
    for result in fetcher._records.values():
        if type(result) is FetchResult and type(result._partition_records) is PartitionRecords:
            result._partition_records = ColumnRecords(result._partition_records)
