"""Records of a Kafka fetch as columns: the same that aiokafka would give one by one."""

from __future__ import annotations

import pytest
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c
from aiokafka.structs import TopicPartition

from feedback_analytics.stream.kafka_records import ColumnRecords, Columns

PRODUCER = 7
ABORT_MARKER = (b"\0\0\0\0", b"\0\0\0\0\0\0")
CONTROL_BIT = 0x20


def a_batch(
    first: int, count: int, *, compression: int = 0, transactional: bool = False, marker: bool = False
) -> bytes:
    """A record batch as a broker stores it: offsets from first; from 100 on, a header on every third record."""
    builder = DefaultRecordBatchBuilder(2, compression, transactional, PRODUCER, 0, 0, 1 << 20)
    for at in range(count):
        key, value = ABORT_MARKER if marker else (b"k%d" % at, b"v%d" % (first + at) if at % 4 else None)
        builder.append(at, 1_000 + first + at, key, value, [("h", b"x")] if first >= 100 and at % 3 == 0 else [])
    built = bytearray(builder.build())
    built[:8] = first.to_bytes(8, "big")  # the broker sets it; it is not part of the checksum
    if marker:
        built[22] |= CONTROL_BIT
        built[17:21] = calc_crc32c(bytes(built[21:])).to_bytes(4, "big")
    return bytes(built)


def fetched(data: bytes, offset: int, aborted: list[tuple[int, int]] | None = None) -> PartitionRecords:
    place = TopicPartition("votes", 0)
    return PartitionRecords(place, MemoryRecords(data), aborted, offset, None, None, True, READ_COMMITTED)


def one_by_one(records: PartitionRecords) -> list[tuple[object, ...]]:
    return [(one.offset, one.timestamp, one.value or b"", list(one.headers)) for one in records]


def by_column(records: ColumnRecords) -> list[tuple[object, ...]]:
    whole = Columns.joined(list(records))
    headers = whole.headers or [[]] * len(whole)
    return list(zip(whole.offsets, whole.timestamps, whole.values, headers, strict=True))


@pytest.mark.parametrize("offset", [97, 98, 103])
def test_columns_hold_what_aiokafka_gives_one_by_one_from_the_offset_asked_for(offset: int) -> None:
    data = a_batch(97, 7) + a_batch(104, 6, compression=1) + a_batch(112, 3)
    plain, columns = fetched(data, offset), ColumnRecords(fetched(data, offset))
    expected = one_by_one(plain)
    assert by_column(columns) == expected
    assert expected[0][0] == offset
    assert columns.next_fetch_offset == plain.next_fetch_offset == 115


def test_a_corrupt_batch_is_refused() -> None:
    data = bytearray(a_batch(0, 3))
    data[-1] ^= 1
    with pytest.raises(CorruptRecordException):
        list(ColumnRecords(fetched(bytes(data), 0)))


def test_aborted_records_and_markers_give_nothing_and_move_the_position() -> None:
    data = a_batch(0, 2) + a_batch(2, 3, transactional=True) + a_batch(5, 1, transactional=True, marker=True)
    plain, columns = fetched(data, 0, [(PRODUCER, 2)]), ColumnRecords(fetched(data, 0, [(PRODUCER, 2)]))
    assert [one[0] for one in by_column(columns)] == [one[0] for one in one_by_one(plain)] == [0, 1]
    assert columns.next_fetch_offset == plain.next_fetch_offset == 6
