"""Where the log is, read from one setting: `embedded:DIR`, `kafka://HOST:PORT[,HOST:PORT]`, or `kafka+ssl://`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from feedback_analytics.errors import SettingsError

REMEDY = (
    "Use embedded:DIR for a log in a folder, or kafka://HOST:PORT[,HOST:PORT] for Kafka (kafka+ssl://... if by TLS)."
)
SCHEMES = {"kafka": False, "kafka+ssl": True}
# Of Kafka, and whether they mean TLS.


@dataclass(frozen=True)
class EmbeddedBroker:
    """The log is in a folder of this machine."""

    folder: Path


@dataclass(frozen=True)
class KafkaBroker:
    """The log is in Kafka; servers are HOST:PORT, reached by TLS or not."""

    servers: tuple[str, ...]
    is_encrypted: bool = False


def parse_broker(url: str) -> EmbeddedBroker | KafkaBroker:
    """The broker a URL names. SettingsError with the remedy when it names none that we can use."""
    scheme, colon, rest = url.partition(":")
    if scheme == "embedded" and rest:
        return EmbeddedBroker(Path(rest.removeprefix("//")).absolute())
    if scheme in SCHEMES and rest.startswith("//"):
        servers = tuple(server.strip().removeprefix(f"{scheme}://") for server in rest[2:].rstrip("/").split(","))
        for server in servers:
            host, _, port = server.rpartition(":")
            if not host or not port.isdigit():
                raise SettingsError(f"FEEDBACK_BROKER_URL = {url!r}: {server!r} is not HOST:PORT. {REMEDY}")
        return KafkaBroker(servers, SCHEMES[scheme])
    if scheme == "confluent":
        raise SettingsError(
            f"FEEDBACK_BROKER_URL = {url!r}: Faust's confluent driver receives nothing (faust-streaming 0.15.3). "
            "The same brokers work as kafka://HOST:PORT."
        )
    raise SettingsError(f"FEEDBACK_BROKER_URL = {url!r} is no broker we know. {REMEDY}")
