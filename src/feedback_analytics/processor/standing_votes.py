"""The index of standing votes: per partition, each reader's current answer for each target.

A local RocksDB database, derived from the store and never deciding alone: it is written after the store's transaction
and may lag it, never lead. It says which store, epoch and log it reflects and up to which position; one of another
store, or ahead of the store, is thrown away; one that lags catches up from the casts the store holds.

    key    16 bytes  reader key xor hash of the target       →  STANDING, 29 bytes
    key    24 bytes  the same, then an event hash           →  empty: this event was seen and is not the standing one
    b"position", b"origin"                                  →  what the index reflects
"""

from __future__ import annotations

import shutil
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray
from rocksdict import BlockBasedOptions, Cache, Checkpoint, Options, Rdict, WriteBatch, WriteOptions

from feedback_analytics.errors import StoreDamaged

STANDING = np.dtype(
    [("occurred_at", "<i8"), ("event_hash", "<u8"), ("answer", "i1"), ("version", "<i4"), ("segment", "<u8")]
)
"""A standing answer: µs UTC, hash, 1 / 0 / -1, article version (-1 when not told), segment id."""

SIZE = STANDING.itemsize
KEY_BYTES = 16
POSITION, ORIGIN = b"position", b"origin"

Standing = tuple[int, int, int, int, int]
"""A standing answer as a tuple, in the order of STANDING."""

MEMTABLE_BYTES = 32 * 2**20
"""Of each partition's database, which keeps two of them at most. RocksDB's 64 MB take 80 MB more over a backlog of 3.5
million, and writing the index 2.6 instead of 1.9 µs an event."""

BLOOM_BITS = 10
"""Bits of the Bloom filter per key: 1 % of the look-ups of new readers read a block in vain."""


class StandingVotes:
    """The index of one partition. A context manager; one process at a time holds its lock."""

    def __init__(self, path: Path, cache: Cache) -> None:
        self.path = path
        self._options = _options(cache)
        self.generation = ""
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

    def position_in(self, origin: str, stored: int) -> int | None:
        """Next offset it reflects of this origin; None when it is of another one, or ahead of the store."""
        position = self.position
        return None if self.origin != origin.encode() or position is None or position > stored else position

    def adopt(self, origin: str, stored: int, begin: Callable[[], None] = lambda: None) -> int:
        """Make sure that the index is one of this origin and not ahead of the store; the position it reflects.

        origin names store, restore epoch and log; stored is the store's position. begin puts into an empty index what
        lies before the log's first offset; until it has, the index has no origin, so that one of which the process died
        meanwhile is made anew.
        """
        position = self.position_in(origin, stored)
        if position is None:
            self._clear()
            position = 0
            begin()
            batch = WriteBatch(raw_mode=True)
            batch.put(ORIGIN, origin.encode())
            batch.put(POSITION, position.to_bytes(8, "little"))
            self._db.write(batch, self._write)
        # Since it was opened it is written by one process only: two that began from one copy are two generations.
        self.generation = uuid.uuid4().hex
        return position

    @property
    def origin(self) -> bytes:
        """What `adopt` made sure of; empty before."""
        value: bytes = self._db.get(ORIGIN) or b""
        return value

    def checkpoint(self, folder: Path) -> None:
        """Make a copy that can be opened as an index, in a folder of the same disk that does not exist yet."""
        Checkpoint(self._db).create_checkpoint(str(folder))

    def begin_from(self, checkpoint: Path) -> None:
        """Be what a copy holds; adopt it then. Raises OSError when it cannot be read; the index is empty then."""
        self.close()
        shutil.rmtree(self.path)
        try:
            shutil.copytree(checkpoint, self.path)
        except BaseException:
            shutil.rmtree(self.path, ignore_errors=True)
            raise
        finally:
            self._open()

    def _clear(self) -> None:
        self.close()
        shutil.rmtree(self.path)
        self._open()

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The standing answer of each key as STANDING bytes, or None. Also tells whether a 24-byte key exists."""
        get = self._db.get  # one by one beats a list where most keys are new
        return [get(key) for key in keys]

    def get_one(self, key: bytes) -> bytes | None:
        """As get, of one key."""
        value: bytes | None = self._db.get(key)
        return value

    def advance(self, keys: Sequence[bytes], standing: bytes, seen: Sequence[bytes], position: int) -> None:
        """Put the standing answers, the events seen that do not stand, and the position, at once.

        standing holds SIZE bytes for each of the keys, none of which comes twice.
        """
        batch = WriteBatch(raw_mode=True)
        # In the order of their first bytes they go into the memtable for little more than half the cost.
        order = np.frombuffer(b"".join(keys), ">u8")[:: KEY_BYTES // 8].astype(np.uint64).argsort()
        rows = np.frombuffer(standing, f"V{SIZE}")[order].tolist()
        # deque and map keep the loop over the keys out of the interpreter: a tenth of the step.
        deque(map(batch.put, [keys[at] for at in order.tolist()], rows), maxlen=0)
        for key in seen:
            batch.put(key, b"")
        batch.put(POSITION, position.to_bytes(8, "little"))
        self._db.write(batch, self._write)


def _options(cache: Cache) -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.increase_parallelism(2)
    options.set_write_buffer_size(MEMTABLE_BYTES)
    options.set_keep_log_file_num(2)
    table = BlockBasedOptions()
    table.set_bloom_filter(BLOOM_BITS, False)
    table.set_block_cache(cache)
    options.set_block_based_table_factory(table)
    # Look-ups of new readers then skip the memtable: 0.6 instead of 2 µs on a filling index.
    options.set_memtable_whole_key_filtering(True)
    options.set_memtable_prefix_bloom_ratio(0.05)
    return options


def target_keys(reader_keys: NDArray[np.uint64], article_ids: pa.Array, section_ids: pa.Array) -> list[bytes]:
    """The 16-byte index key of each event: reader key xor target hash. reader_keys is (n, 2).

    A target's hash is the sum of its article's and its section's, so that each text is hashed once per batch. Hashes
    are uniform, and so are reader keys under a secret: neither the sum nor the exclusive or meets its like more often
    than one 128-bit hash of everything would.
    """
    targets = _hash_each(article_ids, b"article") + _hash_each(section_ids, b"section")
    joined: NDArray[np.uint64] = np.bitwise_xor(reader_keys, targets)
    keys: list[bytes] = joined.view("V16").ravel().tolist()
    return keys


def _hash_each(texts: pa.Array, what: bytes) -> NDArray[np.uint64]:
    """(n, 2) xxh3-128 of each text after `what`; of a null, 0."""
    encoded = texts.dictionary_encode(null_encoding="encode")
    zero = b"\0" * 16
    known = encoded.dictionary.to_pylist()
    hashes = [zero if text is None else xxhash.xxh3_128_digest(what + text.encode()) for text in known]
    table = np.frombuffer(b"".join(hashes), dtype="<u8").reshape(-1, 2)
    found: NDArray[np.uint64] = table[encoded.indices.to_numpy(zero_copy_only=False)]
    return found


def shared_cache(size_bytes: int) -> Cache:
    """One block cache for the indexes of all partitions of a worker."""
    return Cache(size_bytes)
