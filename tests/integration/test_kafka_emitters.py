"""Emitters that write to Kafka themselves, in structured and in binary mode, with raw reader ids and anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import confluent_kafka
import pytest

from feedback_analytics.contract import ARTICLES_TOPIC, VOTES_TOPIC, partition_of, reader_key
from feedback_analytics.processor import KeptLetter, replay
from feedback_analytics.store import open_reader, prove_ledger
from feedback_analytics.stream import WorkerState, run_worker
from tests.support.builders import SECRET, a_vote, an_article, as_binary
from tests.support.house import PARTITIONS, House
from tests.support.kafka import remove_our_topics

pytestmark = pytest.mark.kafka

READERS = [f"jane-{number}" for number in range(20)]


@pytest.fixture
def house(kafka: str, tmp_path: Path) -> Iterator[House]:
    remove_our_topics(kafka)
    with House(tmp_path, flags={"broker_url": f"kafka://{kafka}"}) as house:
        yield house


class Emitter:
    """A service of the publisher, with a producer of its own; flushed at the end."""

    def __init__(self, servers: str, compression: str = "none") -> None:
        options = {"bootstrap.servers": servers, "log_level": 0, "compression.type": compression}
        self._producer = confluent_kafka.Producer(options)

    def structured(self, event: dict[str, Any], partition: int, topic: str = VOTES_TOPIC) -> None:
        headers = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
        self._produce(topic, json.dumps(event).encode(), partition, headers)

    def binary(self, event: dict[str, Any], partition: int, topic: str = VOTES_TOPIC) -> None:
        value, headers = as_binary(event)
        self._produce(topic, value, partition, list(headers.items()))

    def raw(self, value: bytes | None, headers: list[tuple[str, bytes | None]]) -> None:
        self._produce(VOTES_TOPIC, value, 0, headers)

    def _produce(self, topic: str, value: bytes | None, partition: int, headers: Any) -> None:
        self._producer.produce(topic, value, partition=partition, headers=headers)
        assert self._producer.flush(30) == 0


@pytest.fixture
def emitter(house: House, kafka: str) -> Emitter:
    return Emitter(kafka)


def catch_up(house: House) -> WorkerState:
    return run_worker(house.settings, house.processor, house.log, until_caught_up=True)


def ask(house: House, sql: str) -> list[tuple[Any, ...]]:
    with open_reader(house.settings) as reader:
        return reader.sql(sql).fetchall()


def assert_ledger_holds(house: House) -> None:
    with open_reader(house.settings) as reader:
        proof = prove_ledger(reader, house.log)
    assert proof.holds, proof.problems


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_votes_of_raw_readers_anywhere_are_hashed_moved_home_and_counted_once(
    mode: str, house: House, emitter: Emitter
) -> None:
    send = getattr(emitter, mode)
    for number, reader in enumerate(READERS):
        send(a_vote("a1", reader=reader, section="Tür", event_id=f"e{number}"), partition=0)
    strangers = [one for one in READERS if home_of(one) != 0]
    state = catch_up(house)
    assert state.moved == len(strangers) > 0
    stored = ask(house, "select event_id, section_id, reader_key::varchar from mart.votes order by event_id")
    expected = {f"e{number}": reader_key(SECRET, reader).hex() for number, reader in enumerate(READERS)}
    assert {event_id: key.replace("-", "") for event_id, _, key in stored} == expected
    assert {section for _, section, _ in stored} == {"Tür"}
    # What we wrote ourselves holds no reader's id: neither the copies that were moved nor the store.
    home = house.log.read(VOTES_TOPIC, 1, 0, 100)
    assert len(home) == len(strangers)
    assert not any(b"jane" in record.value or b"jane" in b"".join(dict(record.headers).values()) for record in home)
    assert not any(b"jane" in path.read_bytes() for path in house.folder.glob("lake/**/*") if path.is_file())
    assert_ledger_holds(house)
    assert catch_up(house).received == 0


def test_the_same_event_in_both_modes_counts_once(house: House, emitter: Emitter) -> None:
    vote = a_vote("a1", reader="jane-1", event_id="twice")
    emitter.structured(vote, partition=0)
    emitter.binary(vote, partition=1)
    catch_up(house)
    assert ask(house, "select sum(stored), sum(duplicate) from mart.ledger") == [(1, 1)]


def test_records_are_read_however_their_emitter_compressed_them(house: House, kafka: str) -> None:
    for compression in ("none", "gzip", "snappy", "lz4", "zstd"):
        Emitter(kafka, compression).structured(
            a_vote(compression, reader="jane-1", locale="en" * 30), home_of("jane-1")
        )
    catch_up(house)
    assert ask(house, "select count(distinct article_id) from mart.current_votes") == [(5,)]


def test_an_announcement_in_binary_mode_is_moved_home_and_names_the_article(house: House, emitter: Emitter) -> None:
    wrong = 1 - partition_of(b"a1", PARTITIONS)
    emitter.binary(an_article("a1", title="Die Brücke"), partition=wrong, topic=ARTICLES_TOPIC)
    assert catch_up(house).moved == 1
    assert ask(house, "select title from mart.articles") == [("Die Brücke",)]
    assert_ledger_holds(house)


def test_hostile_headers_and_values_become_dead_letters_and_the_worker_goes_on(house: House, emitter: Emitter) -> None:
    value, headers = as_binary(a_vote("a1", reader="jane-1"))
    told = list(headers.items())
    emitter.raw(value + b',"id":"forged"', told)
    emitter.raw(value, [*told, ("ce_id", b"\xff\xfe")])
    emitter.raw(value, [*told, ("ce_type", None)])
    emitter.raw(None, told)
    emitter.raw(b"torn", [("replay_of", None), ("replay_of", b"\xff")])
    emitter.structured(a_vote("a2", reader="jane-2"), partition=home_of("jane-2"))
    catch_up(house)
    reasons = ask(house, "select reason, count(*) from raw.dead_letters group by reason order by reason")
    assert reasons == [("bad_utf8", 1), ("not_json", 3), ("unknown_type", 1)]
    assert ask(house, "select article_id from mart.current_votes") == [("a2",)]
    assert_ledger_holds(house)


def test_a_dead_letter_of_binary_mode_can_be_sent_again(house: House, emitter: Emitter) -> None:
    emitter.binary(a_vote("a1", reader="jane-1", vote="splendid"), partition=0)
    catch_up(house)
    ((letter, payload, is_sealed),) = ask(house, "select dead_letter_id, payload, is_sealed from raw.dead_letters")
    assert json.loads(payload)["source"] == a_vote()["source"] and b"jane" not in payload
    mended = KeptLetter(letter, payload.replace(b"splendid", b"useful"), is_sealed)
    replay([mended], append=house.append_outgoing, secret=SECRET, partitions=house.log.partitions)
    catch_up(house)
    assert ask(house, "select reader_key::varchar from mart.votes") == [(uuid_of("jane-1"),)]


def home_of(reader: str) -> int:
    return partition_of(reader_key(SECRET, reader), PARTITIONS)


def uuid_of(reader: str) -> str:
    digits = reader_key(SECRET, reader).hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
