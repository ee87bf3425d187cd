"""How this service meets Kafka: certificates, user and password; and what of it makes no sense alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from feedback_analytics.errors import SettingsError

ENCRYPTED = "kafka+ssl:"
"""Scheme of a broker's URL that is reached by TLS."""


def _doc(text: str) -> Any:
    return Meta(description=text)


class KafkaSettings(Struct, frozen=True, forbid_unknown_fields=True):
    ca_file: Annotated[
        str, _doc("Authorities whose brokers are trusted with kafka+ssl://, PEM. Empty: those of the system.")
    ] = ""
    cert_file: Annotated[str, _doc("Certificate of this service for brokers that ask for one, PEM. Empty: none.")] = ""
    key_file: Annotated[str, _doc("Private key of kafka.cert_file, PEM, without a passphrase.")] = ""
    username: Annotated[str, _doc("User at the brokers (SASL). Empty: none.")] = ""
    password: Annotated[str, _doc("Password of kafka.username. A secret.")] = ""
    sasl_mechanism: Annotated[
        Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"],
        _doc("How the password is proven. PLAIN sends it as it is: only with kafka+ssl://."),
    ] = "SCRAM-SHA-512"
    dead_letter_topics: Annotated[
        Literal["off", "on"], _doc("Whether dead letters are also appended to TOPIC.dlq, as the store keeps them.")
    ] = "off"


PAIRS = (("cert_file", "key_file"), ("key_file", "cert_file"), ("username", "password"), ("password", "username"))
FILES = ("ca_file", "cert_file", "key_file")


def refuse_half_given(kafka: KafkaSettings, broker_url: str, sources: Mapping[str, str]) -> None:
    """SettingsError for settings of Kafka that want another one, a file that is not there, or another broker.

    sources tells where each setting came from.
    """
    given = [name for name in kafka.__struct_fields__ if f"kafka.{name}" in sources and getattr(kafka, name) != ""]

    def told(name: str) -> str:
        value = "***" if name == "password" else repr(getattr(kafka, name))
        return f"kafka.{name} = {value} ({sources[f'kafka.{name}']})"

    for name in given:
        if not broker_url.startswith("kafka") and getattr(kafka, name) != _default(name):
            raise SettingsError(
                f"{told(name)} is of no use: broker_url = {broker_url!r} is not Kafka. "
                "Set FEEDBACK_BROKER_URL to kafka+ssl://HOST:PORT, or leave the setting away."
            )
    for name, other in PAIRS:
        if name in given and not getattr(kafka, other):
            raise SettingsError(f"{told(name)} is given without kafka.{other}. Give both, or neither.")
    for name in FILES:
        if name in given and not broker_url.startswith(ENCRYPTED):
            raise SettingsError(
                f"{told(name)} is given, but broker_url = {broker_url!r} is not encrypted. "
                "Write kafka+ssl://HOST:PORT, or leave the setting away."
            )
        if name in given and not Path(getattr(kafka, name)).is_file():
            raise SettingsError(f"{told(name)} is no file. Name a file in PEM form that this user may read.")
    if kafka.username and kafka.sasl_mechanism == "PLAIN" and not broker_url.startswith(ENCRYPTED):
        raise SettingsError(
            f"kafka.sasl_mechanism = 'PLAIN' would send the password readable to broker_url = {broker_url!r}. "
            "Write kafka+ssl://HOST:PORT, or use SCRAM-SHA-512."
        )


def _default(name: str) -> object:
    return getattr(KafkaSettings(), name)
