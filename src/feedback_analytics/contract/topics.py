"""Topics, event types, and the partition an event belongs to.

A vote's record key is the 16 raw bytes of its reader's key, an announcement's the article's id in UTF-8. The partition
is the one Kafka's own producers choose, so emitters of both carriers agree. The number of partitions never changes.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

VOTES_TOPIC = "feedback.votes.v1"
ARTICLES_TOPIC = "feedback.articles.v1"
VOTE_CAST = "feedback.vote.cast.v1"
ARTICLE_PUBLISHED = "feedback.article.published.v1"

READER_KEY_BYTES = 16

_M = 0x5BD1E995
_SEED = 0x9747B28C
# Constants of murmur2 as Kafka's org.apache.kafka.common.utils.Utils has it.
_MASK = 0xFFFFFFFF


def dead_letter_topic(topic: str) -> str:
    """Where dead letters of the topic are mirrored to, if they are."""
    return f"{topic}.dlq"


def partition_of(key: bytes, partitions: int) -> int:
    """Home partition of a record key: Kafka's murmur2, its sign bit cleared, modulo partitions."""
    return (_murmur2(key) & 0x7FFFFFFF) % partitions


def partitions_of(keys: bytes, partitions: int) -> NDArray[np.int64]:
    """Home partitions of reader keys; keys holds n of them joined, 16 bytes each. Equal to n times partition_of."""
    words = np.frombuffer(keys, "<u4").reshape(-1, READER_KEY_BYTES // 4)
    h = np.full(len(words), _SEED ^ READER_KEY_BYTES, np.uint32)
    m = np.uint32(_M)
    for column in range(READER_KEY_BYTES // 4):
        k = words[:, column] * m
        k ^= k >> np.uint32(24)
        k *= m
        h *= m
        h ^= k
    h ^= h >> np.uint32(13)
    h *= m
    h ^= h >> np.uint32(15)
    return (h & np.uint32(0x7FFFFFFF)).astype(np.int64) % partitions


def _murmur2(key: bytes) -> int:
    whole = len(key) & ~3
    h = _SEED ^ len(key)
    for word in struct.unpack_from(f"<{whole // 4}I", key):
        k = word * _M & _MASK
        k ^= k >> 24
        h = (h * _M & _MASK) ^ (k * _M & _MASK)
    if len(key) > whole:
        h = (h ^ int.from_bytes(key[whole:], "little")) * _M & _MASK
    h ^= h >> 13
    h = h * _M & _MASK
    return h ^ (h >> 15)
