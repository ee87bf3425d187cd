"""Settings of Kafka that want another one are refused when they are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedback_analytics.errors import SettingsError
from feedback_analytics.settings import as_environment, explain, read_settings

TLS, PLAIN = "kafka+ssl://broker:9093", "kafka://broker:9092"


@pytest.fixture
def file(tmp_path: Path) -> str:
    file = tmp_path / "some.pem"
    file.touch()
    return str(file)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"username": "u"}, r"^kafka.username = 'u' \(flag\) is given without kafka.password. Give both, or neither.$"),
        ({"password": "pw"}, r"^kafka.password = \*\*\* \(flag\) is given without kafka.username. Give both"),
        ({"cert_file": "FILE"}, r"^kafka.cert_file = '.*some.pem' \(flag\) is given without kafka.key_file."),
        ({"key_file": "FILE"}, r"^kafka.key_file = '.*some.pem' \(flag\) is given without kafka.cert_file."),
        ({"ca_file": "/none.pem"}, r"^kafka.ca_file = '/none.pem' \(flag\) is no file. Name a file in PEM form"),
        ({"sasl_mechanism": "GSSAPI"}, r"^kafka.sasl_mechanism = 'GSSAPI' \(flag\) is not possible"),
    ],
)
def test_what_is_half_given_is_refused(given: dict[str, str], sentence: str, file: str) -> None:
    flags = {f"kafka.{name}": file if value == "FILE" else value for name, value in given.items()}
    with pytest.raises(SettingsError, match=sentence):
        read_settings({"broker_url": TLS, **flags})


def test_certificates_are_refused_where_nothing_is_encrypted(file: str) -> None:
    with pytest.raises(
        SettingsError, match=r"broker_url = 'kafka://broker:9092' is not encrypted. Write kafka\+ssl://"
    ):
        read_settings({"broker_url": PLAIN, "kafka.ca_file": file})


def test_a_password_is_not_sent_readable() -> None:
    flags = {"kafka.username": "u", "kafka.password": "pw", "kafka.sasl_mechanism": "PLAIN"}
    with pytest.raises(SettingsError, match=r"would send the password readable to broker_url = 'kafka://broker:9092'"):
        read_settings({"broker_url": PLAIN, **flags})
    read_settings({"broker_url": PLAIN, **flags, "kafka.sasl_mechanism": "SCRAM-SHA-256"})
    read_settings({"broker_url": TLS, **flags})


def test_settings_of_kafka_are_refused_beside_another_log() -> None:
    with pytest.raises(SettingsError, match=r"kafka.username = 'u' .* of no use: .* 'embedded:.*' is not Kafka"):
        read_settings({"kafka.username": "u", "kafka.password": "pw"})


def test_the_password_is_never_shown() -> None:
    settings = read_settings({"broker_url": TLS, "kafka.username": "u", "kafka.password": "correct horse"})
    assert "correct horse" not in repr(settings)
    assert {row.name: row.shown for row in explain(settings, {})}["kafka.password"] == "***"


def test_another_process_reads_the_same_settings_of_kafka(file: str) -> None:
    flags = {"kafka.ca_file": file, "kafka.username": "u", "kafka.password": "pw", "kafka.sasl_mechanism": "PLAIN"}
    settings = read_settings({"broker_url": TLS, **flags})
    assert read_settings(environ=as_environment(settings)) == settings
