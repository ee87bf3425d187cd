"""Pseudonyms of readers and hashes of events.

Both are promises to data already stored: changing either needs a new major version of the event and a migration.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_digest, xxh3_64_intdigest

from feedback_analytics.contract.events import VoteCast
from feedback_analytics.contract.topics import READER_KEY_BYTES


def reader_key(secret: bytes, reader_id: str) -> bytes:
    """Pseudonym of a reader: 16 bytes, keyed BLAKE2b. Without the secret nobody can tell whose it is.

    secret has 16 to 64 bytes (BLAKE2's limit for a key). A key of 128 bits makes it unlikely (p < 1e-18 at 10 billion
    readers) that two readers ever share one.
    """
    return blake2b(reader_id.encode(), digest_size=READER_KEY_BYTES, key=secret).digest()


def reader_keys(secret: bytes, events: Sequence[VoteCast]) -> bytes:
    """Keys of the events' readers, 16 bytes each, joined; made here where an event has a reader_id."""
    texts = [event.data.reader_key for event in events]
    if None not in texts:
        return bytes.fromhex("".join(texts))  # type: ignore[arg-type]  # no None among them
    return b"".join(
        [
            bytes.fromhex(event.data.reader_key)
            if event.data.reader_key is not None
            else reader_key(secret, event.data.reader_id or "")
            for event in events
        ]
    )


def event_hash(source: str, event_id: str) -> int:
    """xxh3-64 of source and id, with the source's length before them: no two pairs give the same bytes."""
    return xxh3_64_intdigest(f"{len(source)}\0{source}{event_id}".encode())


def event_hashes(sources: Sequence[str], event_ids: Sequence[str]) -> NDArray[np.uint64]:
    """event_hash of each pair."""
    before = {source: f"{len(source)}\0{source}".encode() for source in set(sources)}
    digests = [
        xxh3_64_digest(before[source] + event_id.encode()) for source, event_id in zip(sources, event_ids, strict=True)
    ]
    return np.frombuffer(b"".join(digests), ">u8").astype(np.uint64)


def secret_fingerprint(secret: bytes) -> str:
    """16 hex digits by which a store recognises its secret; they do not help to find it."""
    return blake2b(b"", digest_size=8, key=secret, person=b"fingerprint").hexdigest()
