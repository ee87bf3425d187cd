"""A run: consecutive records of one partition that were appended together, and how the file holds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import xxhash

from feedback_analytics.errors import LogError
from feedback_analytics.log.records import Headers

RUN_RECORDS = 4096
RUN_BYTES = 2**20
# A reader takes whole runs, so these bound what one read holds in memory.

_pack = msgspec.msgpack.Encoder().encode
_unpack_bytes = msgspec.msgpack.Decoder(list[bytes]).decode
_unpack_headers = msgspec.msgpack.Decoder(list[Headers]).decode


class PackedRun(msgspec.Struct, frozen=True):
    """A run as the file holds it; the names are those of the file's columns."""

    records: int
    checksum: bytes
    headers: bytes | None
    entries: bytes
    keys: bytes


@dataclass(frozen=True, slots=True)
class Run:
    """Records at the offsets [first, next). headers is None when no record has any."""

    first: int
    appended_at_us: int
    values: list[bytes]
    headers: list[Headers] | None
    packed_keys: bytes
    skipped_keys: int = 0
    # The run may be the later part of what was packed.

    @property
    def next(self) -> int:
        return self.first + len(self.values)

    @property
    def keys(self) -> list[bytes]:
        """Unpacked only when asked for: the worker does without."""
        return _unpack_bytes(self.packed_keys)[self.skipped_keys : self.skipped_keys + len(self.values)]

    def between(self, first: int, next_: int) -> Run:
        """The part at the offsets [first, next_)."""
        start, end = max(0, first - self.first), max(0, next_ - self.first)
        if start == 0 and end >= len(self.values):
            return self
        headers = None if self.headers is None else self.headers[start:end]
        values, skipped_keys = self.values[start:end], self.skipped_keys + start
        return Run(self.first + start, self.appended_at_us, values, headers, self.packed_keys, skipped_keys)


def pack(keys: list[bytes], values: list[bytes], headers: list[Headers]) -> Iterator[PackedRun]:
    """Runs of at most RUN_RECORDS records, and of RUN_BYTES unless a single record is larger."""
    for start, end in _cuts(values):
        own_headers = headers[start:end]
        entries = _pack(values[start:end])
        yield PackedRun(
            end - start,
            xxhash.xxh3_64_digest(entries),
            _pack(own_headers) if any(own_headers) else None,
            entries,
            _pack(keys[start:end]),
        )


def unpack(first: int, appended_at_us: int, packed: PackedRun) -> Run:
    """The run as it was packed. LogError when its bytes are not those that were appended."""
    if xxhash.xxh3_64_digest(packed.entries) != packed.checksum:
        raise LogError(
            f"the log is damaged: the records at offset {first} and after it are not those that were appended. "
            "Restore it from a backup.",
            retry_after_seconds=None,
        )
    headers = None if packed.headers is None else _unpack_headers(packed.headers)
    return Run(first, appended_at_us, _unpack_bytes(packed.entries), headers, packed.keys)


def hash_values(values: list[bytes], first: int) -> int:
    """xor of xxh3-64(value, seed = offset) over values at consecutive offsets."""
    total = 0
    for offset, value in enumerate(values, first):
        total ^= xxhash.xxh3_64_intdigest(value, seed=offset)
    return total


def _cuts(values: list[bytes]) -> Iterator[tuple[int, int]]:
    start = size = 0
    for index, value in enumerate(values):
        if index > start and (index - start == RUN_RECORDS or size + len(value) > RUN_BYTES):
            yield start, index
            start, size = index, 0
        size += len(value)
    if start < len(values):
        yield start, len(values)
