"""Where the log is, from one setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedback_analytics.errors import SettingsError
from feedback_analytics.log import EmbeddedBroker, EmbeddedLog, KafkaBroker, open_log, parse_broker
from feedback_analytics.settings import read_settings


def test_embedded_names_a_folder(tmp_path: Path) -> None:
    assert parse_broker(f"embedded:{tmp_path}") == EmbeddedBroker(tmp_path)
    assert parse_broker("embedded:data/log") == EmbeddedBroker(Path("data/log").absolute())


@pytest.mark.parametrize(
    ("url", "servers"),
    [
        ("kafka://broker:9092", ("broker:9092",)),
        ("kafka://a:9092,b:9093", ("a:9092", "b:9093")),
        ("kafka://a:9092,kafka://b:9093/", ("a:9092", "b:9093")),
        ("kafka://[::1]:9092", ("[::1]:9092",)),
    ],
)
def test_kafka_names_one_broker_or_several(url: str, servers: tuple[str, ...]) -> None:
    assert parse_broker(url) == KafkaBroker(servers)


def test_kafka_by_tls_is_a_scheme_of_its_own() -> None:
    assert parse_broker("kafka+ssl://a:9093,b:9093") == KafkaBroker(("a:9093", "b:9093"), is_encrypted=True)
    assert parse_broker("kafka+ssl://a:9093,kafka+ssl://b:9093").servers == ("a:9093", "b:9093")


@pytest.mark.parametrize(
    "url", ["kafka://", "kafka://broker", "kafka://broker:port", "kafka:broker:9092", "amqp://x:1", ""]
)
def test_another_broker_is_refused_with_what_to_use(url: str) -> None:
    with pytest.raises(SettingsError, match=r"FEEDBACK_BROKER_URL.*embedded:DIR.*kafka://HOST:PORT"):
        parse_broker(url)


def test_confluent_is_refused_with_the_remedy() -> None:
    with pytest.raises(SettingsError, match=r"confluent driver receives nothing.*work as kafka://"):
        parse_broker("confluent://broker:9092")


def test_without_a_setting_the_log_is_a_folder_of_the_data(tmp_path: Path) -> None:
    with open_log(read_settings({"data_dir": str(tmp_path)})) as log:
        assert isinstance(log, EmbeddedLog)
    assert (tmp_path / "log" / "log.sqlite").exists()
