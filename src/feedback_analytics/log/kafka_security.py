"""TLS and passwords towards Kafka: the options of the client, and a sentence for each way to be turned away."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable

from feedback_analytics.errors import FeedbackError, LogError, SettingsError
from feedback_analytics.log.broker import KafkaBroker
from feedback_analytics.settings import KafkaSettings

HANDSHAKE_SECONDS = 3.0
RETRY_SECONDS = 5.0
REFUSALS = {"_AUTHENTICATION", "_SSL"}
"""Errors of librdkafka that another try will not mend."""

Trouble = tuple[str, str]
"""Name of an error of librdkafka, and its text."""


def client_options(broker: KafkaBroker, settings: KafkaSettings) -> dict[str, str]:
    """What librdkafka must know to be let in."""
    protocol = ("SASL_" if settings.username else "") + ("SSL" if broker.is_encrypted else "PLAINTEXT")
    options = {
        "security.protocol": protocol,
        "ssl.ca.location": settings.ca_file,
        "ssl.certificate.location": settings.cert_file,
        "ssl.key.location": settings.key_file,
        "sasl.username": settings.username,
        "sasl.password": settings.password,
        "sasl.mechanism": settings.sasl_mechanism if settings.username else "",
    }
    return {name: value for name, value in options.items() if value}


def is_final(trouble: Trouble) -> bool:
    """Whether brokers have said no, rather than nothing."""
    return trouble[0] in REFUSALS or "certificate" in trouble[1] or "PLAINTEXT broker listener" in trouble[1]


def turned_away(broker: KafkaBroker, settings: KafkaSettings, troubles: Iterable[Trouble]) -> FeedbackError:
    """Why the brokers cannot be used, in one sentence: SettingsError when they said no, else LogError."""
    servers = ",".join(broker.servers)
    named = [trouble for trouble in troubles if trouble[0] != "_ALL_BROKERS_DOWN"]
    name, text = next(filter(is_final, named), named[-1] if named else ("", ""))
    reason = text.split(" (after ")[0].partition(": ")[2] or text
    url = f"broker_url = '{'kafka+ssl' if broker.is_encrypted else 'kafka'}://{servers}'"
    if name == "_AUTHENTICATION":
        return SettingsError(
            f"kafka.username = {settings.username!r}, kafka.password = ***, kafka.sasl_mechanism = "
            f"{settings.sasl_mechanism!r}: Kafka at {servers} refused them ({reason.strip(': ')}). "
            "Set FEEDBACK_KAFKA_USERNAME, _PASSWORD and _SASL_MECHANISM as the brokers know them."
        )
    if "PLAINTEXT broker listener" in text:
        return SettingsError(f"{url}: there is no TLS at that port. Use the brokers' TLS port, or kafka://{servers}.")
    if "alert" in text and "certificate" in text:
        return SettingsError(
            f"kafka.cert_file = {settings.cert_file!r}, kafka.key_file = {settings.key_file!r}: Kafka at {servers} did "
            "not take this certificate, and wants one. Name one that its authority has signed and that has not expired."
        )
    if name == "_SSL" or "certificate" in text:
        return SettingsError(
            f"kafka.ca_file = {settings.ca_file!r}: the certificate of Kafka at {servers} was not accepted "
            f"({_verdict(broker, settings) or reason}). Set FEEDBACK_KAFKA_CA_FILE to the authority that signed it, or "
            "have the brokers' certificate renewed for the name that broker_url gives."
        )
    if reason:
        return LogError(f"{url}: cannot reach Kafka ({reason}). Check host and port, and that it runs.", RETRY_SECONDS)
    wants = "another user (kafka.username)" if settings.username else "a user (kafka.username)"
    tls = "no TLS (kafka://)" if broker.is_encrypted else "TLS (kafka+ssl://)"
    return LogError(
        f"{url}: what listens there does not answer as Kafka would. Check the port; it may want {wants}, or {tls}.",
        RETRY_SECONDS,
    )


def unusable_files(settings: KafkaSettings, text: str) -> SettingsError:
    """Why librdkafka did not take what the files hold."""
    kinds = {"ca": "ca_file", "certificate": "cert_file", "key": "key_file"}
    named = next((setting for kind, setting in kinds.items() if f"ssl.{kind}.location" in text), "")
    value = f"kafka.{named} = {getattr(settings, named)!r}" if named else "the settings of Kafka"
    reason = text.rpartition(": ")[2].rpartition("::")[2] or text
    return SettingsError(f"{value} cannot be used: {reason}. Name a file in PEM form; a key must be its certificate's.")


def _verdict(broker: KafkaBroker, settings: KafkaSettings) -> str:
    """What Python's own TLS says of the brokers' certificate: librdkafka does not tell expired from unknown."""
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    for server in broker.servers:
        host, _, port = server.rpartition(":")
        host = host.strip("[]")
        try:
            with (
                socket.create_connection((host, int(port)), HANDSHAKE_SECONDS) as plain,
                context.wrap_socket(plain, server_hostname=host),
            ):
                continue
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
        except OSError:
            continue
    return ""
