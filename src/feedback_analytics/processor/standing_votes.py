"""The index of standing votes: per partition, each reader's current answer for each target.

A local RocksDB database, derived from the store and never deciding alone: it is written after the store's transaction
and may lag it, never lead. It says which store, epoch and log it reflects and up to which position; one of another
store, or ahead of the store, is thrown away; one that lags catches up from the casts the store holds.

    key    16 bytes  reader key xor xxh3-128 of the target  →  STANDING, 29 bytes
    key    24 bytes  the same, then an event hash           →  empty: this event was seen and is not the standing one
    b"position", b"origin"                                  →  what the index reflects
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import xxhash
from numpy.typing import NDArray
from rocksdict import BlockBasedOptions, Cache, Options, Rdict, WriteBatch, WriteOptions

from feedback_analytics.errors import StoreDamaged

STANDING = np.dtype(
    [("occurred_at", "<i8"), ("event_hash", "<u8"), ("answer", "i1"), ("version", "<i4"), ("segment", "<u8")]
)
"""A standing answer: µs UTC, hash, 1 / 0 / -1, article version (-1 when not told), segment id."""

SIZE = STANDING.itemsize
POSITION, ORIGIN = b"position", b"origin"

Standing = tuple[int, int, int, int, int]
"""A standing answer as a tuple, in the order of STANDING."""

BLOOM_BITS = 10
"""Bits of the Bloom filter per key: 1 % of the look-ups of new readers read a block in vain."""


class StandingVotes:
    """The index of one partition. A context manager; one process at a time holds its lock."""

    def __init__(self, path: Path, cache: Cache) -> None:
        self.path = path
        self._options = _options(cache)
        self._open()

    def _open(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        # Without column_families a reopened database silently loses its Bloom filter, and look-ups cost ten times more.
        try:
            self._db = Rdict(str(self.path), self._options, column_families={"default": self._options})
        except Exception as error:
            if "lock" in str(error).lower():
                raise StoreDamaged(
                    f"the index of standing votes in {self.path} is held by another process. "
                    "Stop the other worker, or give this one another FEEDBACK_WORKER_NAME."
                ) from error
            # The index is derived: a damaged one is made anew from the store.
            shutil.rmtree(self.path)
            self.path.mkdir(parents=True)
            self._db = Rdict(str(self.path), self._options, column_families={"default": self._options})
        self._write = WriteOptions()
        self._is_open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write what waits and let go of the lock. Safe to repeat."""
        if self._is_open:
            self._is_open = False
            self._db.close()

    @property
    def position(self) -> int | None:
        """Next offset the index reflects; None for an empty index."""
        value = self._db.get(POSITION)
        return None if value is None else int.from_bytes(value, "little")

    def adopt(self, origin: str, earliest: int, stored: int) -> int:
        """Make sure that the index is one of this origin and not ahead of the store; the position it reflects.

        origin names store, restore epoch and log. earliest is where an empty index begins, stored the store's position.
        """
        position = self.position
        if self._db.get(ORIGIN) != origin.encode() or position is None or position > stored:
            self._clear()
            position = earliest
            batch = WriteBatch(raw_mode=True)
            batch.put(ORIGIN, origin.encode())
            batch.put(POSITION, position.to_bytes(8, "little"))
            self._db.write(batch, self._write)
        return position

    def _clear(self) -> None:
        self.close()
        shutil.rmtree(self.path)
        self._open()

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The standing answer of each key as STANDING bytes, or None. Also tells whether a 24-byte key exists."""
        get = self._db.get  # one by one beats a list where most keys are new
        return [get(key) for key in keys]

    def advance(self, keys: Sequence[bytes], standing: bytes, seen: Sequence[bytes], position: int) -> None:
        """Put the standing answers (SIZE bytes each), the events seen that do not stand, and the position, at once."""
        batch = WriteBatch(raw_mode=True)
        put = batch.put
        start = 0
        for key in keys:
            put(key, standing[start : start + SIZE])
            start += SIZE
        for key in seen:
            put(key, b"")
        put(POSITION, position.to_bytes(8, "little"))
        self._db.write(batch, self._write)


def _options(cache: Cache) -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.increase_parallelism(2)
    options.set_keep_log_file_num(2)
    table = BlockBasedOptions()
    table.set_bloom_filter(BLOOM_BITS, False)
    table.set_block_cache(cache)
    options.set_block_based_table_factory(table)
    # Look-ups of new readers then skip the memtable: 0.6 instead of 2 µs on a filling index.
    options.set_memtable_whole_key_filtering(True)
    options.set_memtable_prefix_bloom_ratio(0.05)
    return options


def target_keys(
    reader_keys: NDArray[np.uint64], target_codes: NDArray[np.integer], targets: NDArray[np.uint64]
) -> list[bytes]:
    """The 16-byte index key of each event.

    reader_keys is (n, 2), targets (m, 2) the xxh3-128 of the distinct targets, target_codes (n,) tells which one.
    Reader keys are uniform under a secret, so the exclusive or meets its like no more often than a hash of both.
    """
    joined: NDArray[np.uint64] = np.bitwise_xor(reader_keys, targets[target_codes])
    keys: list[bytes] = np.ascontiguousarray(joined).view("V16").ravel().tolist()
    return keys


def target_hashes(targets: Sequence[tuple[str | None, ...]]) -> NDArray[np.uint64]:
    """(m, 2) xxh3-128 of m targets: (article id, section id or None)."""
    joined = b"".join(xxhash.xxh3_128_digest(f"{article}\0{section or ''}".encode()) for article, section in targets)
    return np.frombuffer(joined, dtype="<u8").reshape(-1, 2)


def shared_cache(size_bytes: int) -> Cache:
    """One block cache for the indexes of all partitions of a worker."""
    return Cache(size_bytes)
