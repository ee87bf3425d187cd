"""Identity: values that are promises to data already stored, written down as they were when first promised."""

from __future__ import annotations

import pytest

from feedback_analytics.contract import (
    decode_votes,
    event_hash,
    event_hashes,
    partition_of,
    partitions_of,
    reader_key,
    reader_keys,
    secret_fingerprint,
)
from tests.support.builders import SECRET, a_vote, record_of


@pytest.mark.parametrize(
    ("key", "murmur2"),
    [
        # Of Kafka's own test, clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java, testMurmur2
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_partition_is_the_one_that_kafka_chooses(key: bytes, murmur2: int) -> None:
    assert partition_of(key, 2**31) == murmur2 & 0x7FFFFFFF
    assert partition_of(key, 7) == (murmur2 & 0x7FFFFFFF) % 7


def test_many_reader_keys_find_the_same_partitions_as_one_by_one() -> None:
    keys = [reader_key(SECRET, f"reader-{number}") for number in range(500)]
    assert partitions_of(b"".join(keys), 5).tolist() == [partition_of(key, 5) for key in keys]


def test_a_reader_keeps_the_key_that_was_once_promised() -> None:
    assert reader_key(SECRET, "r-7f3a").hex() == "31482f1db2da76a17efbce1a32b4b8d3"
    assert reader_key(b"another secret, also of 32 bytes", "r-7f3a") != reader_key(SECRET, "r-7f3a")


def test_an_event_keeps_the_hash_that_was_once_promised() -> None:
    assert event_hash("https://news.example/web", "01JDB7Q8ZK4T5V6W7X8Y9Z0A1B") == 0x91A7379B81CEEC12


def test_no_character_can_be_shifted_from_the_source_to_the_id() -> None:
    assert event_hash("ab", "c") != event_hash("a", "bc")


def test_many_hashes_equal_the_single_ones() -> None:
    sources, ids = ["s", "s", "source é"], ["1", "2", "🌉"]
    assert event_hashes(sources, ids).tolist() == [event_hash(*pair) for pair in zip(sources, ids, strict=True)]


def test_reader_keys_are_the_same_whether_ingest_or_the_worker_makes_them() -> None:
    votes = [a_vote(reader=f"r{number}") for number in range(3)]
    with_keys = decode_votes([record_of(vote)[1] for vote in votes]).events
    with_ids = decode_votes([str(vote).replace("'", '"').encode() for vote in votes]).events
    assert reader_keys(SECRET, with_ids) == reader_keys(SECRET, with_keys)
    assert reader_keys(SECRET, with_keys[:1] + with_ids[1:]) == reader_keys(SECRET, with_keys)
    assert reader_keys(SECRET, []) == b""


def test_the_fingerprint_tells_secrets_apart_and_is_no_readers_key() -> None:
    assert secret_fingerprint(SECRET) == "6b63fe877b5dd6a0"
    assert secret_fingerprint(SECRET) != reader_key(SECRET, "").hex()[:16]
