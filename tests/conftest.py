"""What several kinds of tests share: one Kafka for all that need one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.kafka import kafka_servers


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """HOST:PORT of a real Kafka; tests use topics of their own."""
    with kafka_servers() as servers:
        yield servers
