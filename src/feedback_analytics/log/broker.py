"""Where the log is, read from one setting: `embedded:DIR` or `kafka://HOST:PORT[,HOST:PORT]`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from feedback_analytics.errors import SettingsError

REMEDY = "Use embedded:DIR for a log in a folder, or kafka://HOST:PORT[,HOST:PORT] for Kafka."


@dataclass(frozen=True)
class EmbeddedBroker:
    """The log is in a folder of this machine."""

    folder: Path


@dataclass(frozen=True)
class KafkaBroker:
    """The log is in Kafka; servers are HOST:PORT."""

    servers: tuple[str, ...]


def parse_broker(url: str) -> EmbeddedBroker | KafkaBroker:
    """The broker a URL names. SettingsError with the remedy when it names none that we can use."""
    scheme, colon, rest = url.partition(":")
    if scheme == "embedded" and rest:
        return EmbeddedBroker(Path(rest.removeprefix("//")).absolute())
    if scheme == "kafka" and rest.startswith("//"):
        servers = tuple(server.strip().removeprefix("kafka://") for server in rest[2:].rstrip("/").split(","))
        for server in servers:
            host, _, port = server.rpartition(":")
            if not host or not port.isdigit():
                raise SettingsError(f"FEEDBACK_BROKER_URL = {url!r}: {server!r} is not HOST:PORT. {REMEDY}")
        return KafkaBroker(servers)
    if scheme == "confluent":
        raise SettingsError(
            f"FEEDBACK_BROKER_URL = {url!r}: Faust's confluent driver receives nothing (faust-streaming 0.15.3). "
            "The same brokers work as kafka://HOST:PORT."
        )
    raise SettingsError(f"FEEDBACK_BROKER_URL = {url!r} is no broker we know. {REMEDY}")
