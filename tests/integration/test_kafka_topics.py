"""Topics of Kafka: made so that the promises hold, and checked where someone else made them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType
from structlog.testing import capture_logs

from feedback_analytics.errors import LogError
from feedback_analytics.log import EventLog, open_log
from feedback_analytics.settings import read_settings
from tests.support.kafka import fresh_topic

pytestmark = pytest.mark.kafka

GOOD = {"message.timestamp.type": "LogAppendTime", "retention.ms": str(7 * 86_400_000)}


@pytest.fixture
def admin(kafka: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": kafka, "log_level": 0})


@pytest.fixture
def log(kafka: str) -> Iterator[EventLog]:
    with open_log(read_settings({"broker_url": f"kafka://{kafka}"})) as log:
        yield log


def made_by_others(admin: AdminClient, **config: str) -> str:
    topic = fresh_topic()
    told = GOOD | {name.replace("_", "."): value for name, value in config.items()}
    admin.create_topics([NewTopic(topic, 2, 1, config=told)])[topic].result(30)
    return topic


def warnings_of(log: EventLog, topic: str) -> list[str]:
    with capture_logs() as told:
        log.create_topic(topic, 2)
    return [entry["why"] for entry in told if entry["log_level"] == "warning"]


@pytest.mark.parametrize(("seconds", "kept_ms"), [(7 * 86_400.0, 604_800_000), (0.0, 86_400_000)])
def test_a_topic_is_made_with_the_brokers_times_and_kept_as_long_as_the_setting_says_but_a_day(
    seconds: float, kept_ms: int, kafka: str, admin: AdminClient
) -> None:
    topic = fresh_topic()
    settings = read_settings({"broker_url": f"kafka://{kafka}", "log.retention_seconds": seconds})
    with open_log(settings) as log:
        assert warnings_of(log, topic) == []
    resource = ConfigResource(ResourceType.TOPIC, topic)
    config = admin.describe_configs([resource])[resource].result(30)
    told = {name: config[name].value for name in ("message.timestamp.type", "cleanup.policy", "retention.ms")}
    assert told == {
        "message.timestamp.type": "LogAppendTime",
        "cleanup.policy": "delete",
        "retention.ms": str(kept_ms),
    }


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (
            {"message_timestamp_type": "CreateTime"},
            "has .*type=CreateTime: receipt .* Set it to LogAppendTime",
        ),
        ({"cleanup_policy": "compact"}, "has cleanup.policy=compact: compaction would drop .* Set it to delete"),
        ({"cleanup_policy": "compact,delete"}, "has cleanup.policy=.*: compaction would drop"),
    ],
)
def test_a_topic_that_would_change_votes_is_refused_with_the_remedy(
    config: dict[str, str], sentence: str, log: EventLog, admin: AdminClient
) -> None:
    topic = made_by_others(admin, **config)
    with pytest.raises(LogError, match=f"topic {topic} on .* {sentence}"):
        log.create_topic(topic, 2)


def test_a_topic_that_keeps_records_too_short_is_told_and_taken(log: EventLog, admin: AdminClient) -> None:
    (told,) = warnings_of(log, topic := made_by_others(admin, retention_ms="3600000"))
    assert told.startswith(f"topic {topic} keeps records for 3600 s, log.retention_seconds asks for 604800:")
    assert told.endswith("Set retention.ms=604800000.")
    (told,) = warnings_of(log, made_by_others(admin, retention_bytes="1000000"))
    assert "keeps at most 1000000 bytes a partition" in told
    assert warnings_of(log, made_by_others(admin, retention_ms="-1")) == []
