"""Records on their way into the embedded log: what was handed over in one call, sorted by partition, and its places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from feedback_analytics.errors import RecordTooLarge
from feedback_analytics.log.records import Headers, NewRecord, Place

MAX_RECORD_BYTES = 1_000_000
# Of key, value and headers together; below Kafka's own default (message.max.bytes), fifteen times the largest event.
RECORD_OVERHEAD_BYTES = 64
# What a waiting record takes beside its bytes, roughly.


@dataclass(slots=True)
class Parcel:
    """The records of one call to append, and the promise made for them."""

    records: Sequence[NewRecord]
    size_bytes: int
    done: Future[list[Place]] = field(default_factory=Future)


@dataclass(slots=True)
class Waiting:
    """The records of one partition that wait, in order."""

    keys: list[bytes] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)
    headers: list[Headers] = field(default_factory=list)


def wrap(records: Sequence[NewRecord]) -> Parcel:
    """A parcel of the records. RecordTooLarge when one of them is."""
    return Parcel(records, sum(map(record_bytes, records)) + RECORD_OVERHEAD_BYTES * len(records))


def record_bytes(record: NewRecord) -> int:
    """Bytes of the record's key, value and headers. RecordTooLarge above MAX_RECORD_BYTES."""
    size = len(record.key) + len(record.value)
    if record.headers:
        size += sum(len(name) + len(value) for name, value in record.headers)
    if size > MAX_RECORD_BYTES:
        raise RecordTooLarge(
            f"a record for {record.topic} has {size} bytes, the log takes {MAX_RECORD_BYTES}. Send less."
        )
    return size


def sort_by_partition(parcels: Sequence[Parcel]) -> dict[tuple[str, int], Waiting]:
    """The records of the parcels by topic and partition, in the order of the parcels."""
    partitions: dict[tuple[str, int], Waiting] = {}
    for parcel in parcels:
        for record in parcel.records:
            at = (record.topic, record.partition)
            waiting = partitions.get(at)
            if waiting is None:
                waiting = partitions[at] = Waiting()
            waiting.keys.append(record.key)
            waiting.values.append(record.value)
            waiting.headers.append(record.headers)
    return partitions


def places_of(parcels: Sequence[Parcel], first_offsets: Mapping[tuple[str, int], int]) -> list[list[Place]]:
    """The places of each parcel's records, when each partition's records begin at its first offset."""
    next_offsets = dict(first_offsets)
    answers = []
    for parcel in parcels:
        places = []
        for record in parcel.records:
            at = (record.topic, record.partition)
            offset = next_offsets[at]
            next_offsets[at] = offset + 1
            places.append(Place(record.topic, record.partition, offset))
        answers.append(places)
    return answers
