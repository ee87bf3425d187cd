"""What every log takes and gives: records, their places, and the law that both carriers keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Protocol, Self

from msgspec import Struct

Headers = tuple[tuple[str, bytes], ...]


class NewRecord(Struct, frozen=True, gc=False):
    """A record on its way into the log; the caller has chosen the partition."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: Headers = ()


class Place(Struct, frozen=True, gc=False):
    """Where a record lies: the receipt an emitter gets."""

    topic: str
    partition: int
    offset: int


class LoggedRecord(Struct, frozen=True, gc=False):
    """A record in the log; appended_at_us is µs UTC and never goes back within a partition."""

    offset: int
    appended_at_us: int
    key: bytes
    value: bytes
    headers: Headers


class OffsetRange(Struct, frozen=True):
    """The offsets a partition holds: [earliest, next)."""

    earliest: int
    next: int


class Seal(Struct, frozen=True):
    """What stands for a range of records: how many, and the xor of xxh3-64(value, seed = offset) over them."""

    count: int
    xor: int


class EventLog(Protocol):
    """An ordered, durable log of records in partitions. The same law holds for every carrier.

    Safe to call from several threads. What goes wrong is a LogError that says when to come back.
    """

    def log_id(self, topic: str) -> str:
        """The identity of the log behind the topic; a log that was thrown away and made again has another."""

    def create_topic(self, topic: str, partitions: int) -> None:
        """Make the topic unless it is there. LogError when it is there with another number of partitions."""

    def topics(self) -> list[str]:
        """The names of all topics, sorted."""

    def partitions(self, topic: str) -> int:
        """How many partitions the topic has; LogError when there is no such topic."""

    def append(self, records: Sequence[NewRecord]) -> Future[list[Place]]:
        """Append the records; the result, in their order, comes only when all of them are durable.

        Records of one call keep their order within a partition. Calls that wait together share one sync of the disk.
        Raises RecordTooLarge, or LogError at once when too much waits already; the future raises LogError when
        nothing, or not all, could be made durable: append the same records again.
        """

    def ranges(self, topic: str) -> dict[int, OffsetRange]:
        """The offsets each partition holds now."""

    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[LoggedRecord]:
        """Up to max_records records at and after offset, in order; empty at the end.

        LogError when the offset is outside the range the partition holds.
        """

    def seal(self, topic: str, partition: int, first: int, next: int) -> Seal | None:
        """What stands for the records of [first, next), whether still held or cut.

        None when the log can no longer tell: the range was cut without a seal, or begins or ends inside a sealed cut.
        """

    def retain(self, topic: str, stored: Mapping[int, int], older_than_us: int) -> int:
        """Cut records below the stored offset of their partition that were appended before older_than_us.

        Returns how many were cut. A carrier that keeps its own retention (Kafka) cuts nothing here.
        """

    def close(self) -> None:
        """Finish what waits and let go of the files; nothing may be called after it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
