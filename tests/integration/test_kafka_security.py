"""Kafka by TLS and with passwords: both clients are let in, and who is turned away hears why in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from feedback_analytics.errors import FeedbackError, LogError, SettingsError
from feedback_analytics.log import open_log
from feedback_analytics.settings import environment_name, read_settings
from feedback_analytics.stream import run_worker
from feedback_analytics.stream.app import GROUP
from tests.support.builders import SECRET, a_vote, record_of
from tests.support.commands import feedback
from tests.support.house import TOPICS, House
from tests.support.kafka import remove_our_topics
from tests.support.secure_kafka import LIMITED, PASSWORD, USER, SecureKafka, secure_kafka
from tests.support.service import free_port

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def kafka() -> Iterator[SecureKafka]:
    with secure_kafka() as kafka:
        yield kafka


def by_password(kafka: SecureKafka, mechanism: str = "SCRAM-SHA-512") -> dict[str, object]:
    return {
        "broker_url": kafka.url("SASL"),
        "kafka.ca_file": kafka.file("ca.crt"),
        "kafka.username": USER,
        "kafka.password": PASSWORD,
        "kafka.sasl_mechanism": mechanism,
    }


def by_certificate(kafka: SecureKafka) -> dict[str, object]:
    return {
        "broker_url": kafka.url("MUTUAL"),
        "kafka.ca_file": kafka.file("ca.crt"),
        "kafka.cert_file": kafka.file("client.crt"),
        "kafka.key_file": kafka.file("client.key"),
    }


def by_password_alone(kafka: SecureKafka) -> dict[str, object]:
    return {
        "broker_url": kafka.url("SASLPLAIN", "kafka"),
        "kafka.username": USER,
        "kafka.password": PASSWORD,
        "kafka.sasl_mechanism": "SCRAM-SHA-256",
    }


@pytest.mark.parametrize("way", ["certificate", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "password without TLS"])
def test_votes_go_in_and_are_stored_by_every_way_to_be_let_in(way: str, kafka: SecureKafka, tmp_path: Path) -> None:
    """Through both clients: ours appends and tells the ranges, Faust's fetches."""
    remove_our_topics(f"127.0.0.1:{kafka.ports['INNER']}")
    flags = {
        "certificate": by_certificate(kafka),
        "password without TLS": by_password_alone(kafka),
    }.get(way) or by_password(kafka, way)
    with House(tmp_path, flags=flags) as house:
        house.append([record_of(a_vote(reader=f"r{number}")) for number in range(20)])
        state = run_worker(house.settings, house.processor, house.log, until_caught_up=True)
    assert state.received == 20


WRONG = {
    "a wrong password": (
        {"kafka.password": "guessed"},
        r"^kafka\.username = 'publisher', kafka\.password = \*\*\*.*refused them \(.*invalid credentials",
    ),
    "an authority that signed nothing": (
        {"kafka.ca_file": "stranger.crt"},
        r"^kafka\.ca_file = '.*stranger\.crt': the certificate of Kafka at .* was not accepted \(.*certificate",
    ),
    "an expired certificate of the broker": (
        {"broker_url": "EXPIRED"},
        r"^kafka\.ca_file = '.*ca\.crt': .*\(certificate has expired\).*renewed",
    ),
    "TLS at a plain port": (
        {"broker_url": "INNER"},
        r"^broker_url = 'kafka\+ssl://127\.0\.0\.1:\d+': there is no TLS at that port\. Use the brokers' TLS port",
    ),
    "no certificate where one is wanted": (
        {"broker_url": "MUTUAL"},
        r"^kafka\.cert_file = '', kafka\.key_file = '': .* wants one",
    ),
    "a file that is no certificate": (
        {"kafka.ca_file": "server.properties"},
        r"^kafka\.ca_file = '.*server\.properties' cannot be used: no certificate or crl found\. Name a file",
    ),
    "the key of another certificate": (
        {"broker_url": "MUTUAL", "kafka.cert_file": "client.crt", "kafka.key_file": "broker.key"},
        r"^kafka\.key_file = '.*broker\.key' cannot be used: key values mismatch\.",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_who_is_refused_hears_which_setting_its_value_and_what_to_do(what: str, kafka: SecureKafka) -> None:
    wrong, sentence = WRONG[what]
    flags = by_password(kafka)
    for name, value in wrong.items():
        flags[name] = kafka.url(value) if name == "broker_url" else kafka.file(value) if "file" in name else value
    told = refusal(flags)
    assert isinstance(told, SettingsError)
    assert_says(told, sentence)


@pytest.mark.parametrize(
    ("listener", "sentence"),
    [
        ("SASL", r"does not answer as Kafka would\. Check the port; it may want .*\(kafka\.username\), or TLS"),
        ("none", r"cannot reach Kafka \(.*Connection refused\)\. Check host and port"),
    ],
)
def test_brokers_that_give_no_answer_may_be_tried_again_later(listener: str, sentence: str, kafka: SecureKafka) -> None:
    url = f"kafka://127.0.0.1:{free_port()}" if listener == "none" else kafka.url(listener, "kafka")
    told = refusal({"broker_url": url})
    assert isinstance(told, LogError) and told.retry_after_seconds
    assert_says(told, rf"^broker_url = '{url}': .*{sentence}")


def refusal(flags: dict[str, object]) -> FeedbackError:
    with pytest.raises(FeedbackError) as told, open_log(read_settings(flags)):
        pass
    return told.value


def assert_says(told: FeedbackError, sentence: str) -> None:
    text = str(told)
    assert "\n" not in text and PASSWORD not in text and "guessed" not in text
    with pytest.raises(FeedbackError, match=sentence):
        raise told


def test_the_rights_that_the_guide_names_are_enough_and_a_missing_one_is_told(
    kafka: SecureKafka, tmp_path: Path
) -> None:
    """The topics are there already; whoever may not make topics may use them."""
    remove_our_topics(plain := f"127.0.0.1:{kafka.ports['INNER']}")
    with House(tmp_path / "maker", flags={"broker_url": f"kafka://{plain}"}):
        pass
    flags = by_password(kafka) | {"kafka.username": LIMITED}
    sentence = r"does not allow it: .*uthorization failed.* FEEDBACK_KAFKA_USERNAME"
    with pytest.raises(LogError, match=sentence), House(tmp_path / "refused", flags=flags):
        pass
    for topic in TOPICS:
        for right in ("DESCRIBE", "DESCRIBE_CONFIGS", "READ", "WRITE"):
            allow(plain, ResourceType.TOPIC, topic, right)
    for group in (GROUP, "feedback-reader"):
        allow(plain, ResourceType.GROUP, group, "READ")
    with House(tmp_path / "limited", flags=flags) as house:
        house.append([record_of(a_vote(reader=f"r{number}")) for number in range(20)])
        assert run_worker(house.settings, house.processor, house.log, until_caught_up=True).received == 20
        assert len(house.log.read(TOPICS[0], 0, 0, 100)) + len(house.log.read(TOPICS[0], 1, 0, 100)) == 20


def allow(servers: str, kind: ResourceType, name: str, right: str) -> None:
    admin = AdminClient({"bootstrap.servers": servers, "log_level": 0})
    exactly, everywhere = ResourcePatternType.LITERAL, "*"
    operation, allowed = AclOperation[right], AclPermissionType.ALLOW
    binding = AclBinding(kind, name, exactly, f"User:{LIMITED}", everywhere, operation, allowed)
    admin.create_acls([binding])[binding].result(30)


def test_every_part_ends_with_the_sentence_and_an_exit_code(kafka: SecureKafka, tmp_path: Path) -> None:
    flags = by_password(kafka) | {"kafka.password": "guessed", "reader_secret": SECRET.decode()}
    environ = {environment_name(name): str(value) for name, value in flags.items()}
    for command in (("worker",), ("ingest", "--port", "0"), ("serve", "--port", "0")):
        told = feedback(*command, "--data", tmp_path, environ=environ)
        assert told.code != 0
        assert "kafka.password = ***" in told.error and "guessed" not in told.error and "Traceback" not in told.error
