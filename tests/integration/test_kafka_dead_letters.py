"""Dead letters mirrored to TOPIC.dlq: as the store keeps them, after their commit, at least once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from feedback_analytics.contract import VOTES_TOPIC, dead_letter_topic, reader_key
from feedback_analytics.log import LoggedRecord, NewRecord, open_log
from feedback_analytics.processor import unseal
from feedback_analytics.settings import environment_name, read_settings
from feedback_analytics.store import open_reader
from tests.support.builders import SECRET, a_vote
from tests.support.commands import feedback
from tests.support.kafka import remove_our_topics

pytestmark = pytest.mark.kafka

TORN = b'{"data": {"reader_id": "jane-torn'


class Installation:
    """A data directory on Kafka whose worker mirrors dead letters."""

    def __init__(self, folder: Path, servers: str) -> None:
        flags = {
            "data_dir": str(folder),
            "broker_url": f"kafka://{servers}",
            "reader_secret": SECRET.decode(),
            "kafka.dead_letter_topics": "on",
            "log.partitions": 2,
        }
        self.settings = read_settings(flags)
        self._environ = {environment_name(name): str(value) for name, value in flags.items()}
        self._log = open_log(self.settings)
        self._log.create_topic(VOTES_TOPIC, 2)

    def write(self, partition: int, *values: bytes) -> None:
        self._log.append([NewRecord(VOTES_TOPIC, partition, b"", value) for value in values]).result()

    def work(self, **environ: str) -> None:
        told = feedback("worker", "--until-caught-up", environ={**self._environ, **environ})
        assert told.code == 0, told

    def mirrored(self, partition: int) -> list[LoggedRecord]:
        mirror = dead_letter_topic(VOTES_TOPIC)
        held = self._log.ranges(mirror)[partition]
        return self._log.read(mirror, partition, held.earliest, 1000)

    def close(self) -> None:
        self._log.close()


@pytest.fixture
def installation(kafka: str, tmp_path: Path) -> Iterator[Installation]:
    remove_our_topics(kafka)
    installation = Installation(tmp_path, kafka)
    yield installation
    installation.close()


def origins(records: list[LoggedRecord]) -> list[str]:
    return [dict(record.headers)["offset"].decode() for record in records]


def test_a_letter_is_mirrored_as_the_store_keeps_it_with_reason_and_origin(installation: Installation) -> None:
    readable = json.dumps(a_vote("a1", reader="jane-1", vote="splendid")).encode()
    installation.write(1, json.dumps(a_vote("a1", reader="jane-2")).encode(), readable, TORN)
    installation.work()
    assert installation.mirrored(0) == []
    splendid, torn = installation.mirrored(1)
    headers = {name: text.decode() for name, text in splendid.headers}
    wanted = {"reason": "unknown_value", "field": "data.vote", "topic": VOTES_TOPIC, "partition": "1", "offset": "1"}
    assert headers.items() >= {**wanted, "is_sealed": "false"}.items()
    data = json.loads(splendid.value)["data"]
    assert data == {"article_id": "a1", "vote": "splendid", "reader_key": reader_key(SECRET, "jane-1").hex()}
    assert dict(torn.headers)["reason"] == b"not_json" and dict(torn.headers)["is_sealed"] == b"true"
    assert unseal(torn.value, SECRET) == TORN and b"jane" not in torn.value
    with open_reader(installation.settings) as reader:
        kept = reader.sql("select dead_letter_id, payload from raw.dead_letters order by log_offset").fetchall()
    assert kept == [(dict(one.headers)["dead_letter_id"].decode(), one.value) for one in (splendid, torn)]


def test_letters_that_were_committed_and_not_mirrored_are_mirrored_by_the_next_start_and_no_other_again(
    installation: Installation,
) -> None:
    """A worker that does not mirror stands for one that died between commit and mirror."""
    installation.write(0, b"first", b"second")
    installation.work()
    assert origins(installation.mirrored(0)) == ["0", "1"]
    installation.write(0, b"third")
    installation.work(FEEDBACK_KAFKA_DEAD_LETTER_TOPICS="off")
    assert origins(installation.mirrored(0)) == ["0", "1"]
    installation.write(0, b"fourth")
    installation.work()
    assert origins(installation.mirrored(0)) == ["0", "1", "2", "3"]
    installation.work()
    assert origins(installation.mirrored(0)) == ["0", "1", "2", "3"]


def test_a_letter_as_large_as_a_record_may_be_is_mirrored_without_its_bytes(installation: Installation) -> None:
    installation.write(0, b"x" * 999_000, b"small")
    installation.work()
    large, small = installation.mirrored(0)
    assert large.value == b"" and int(dict(large.headers)["left_out_bytes"]) > 999_000
    assert unseal(small.value, SECRET) == b"small"


def test_mirroring_is_refused_where_nobody_could_read_the_topic(tmp_path: Path) -> None:
    told = feedback("worker", "--data", tmp_path, environ={"FEEDBACK_KAFKA_DEAD_LETTER_TOPICS": "on"})
    assert told.is_refusal("kafka.dead_letter_topics = 'on'", "is of no use: broker_url = 'embedded:", "is not Kafka")
