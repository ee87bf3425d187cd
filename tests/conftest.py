"""What several kinds of tests share: one Kafka for all that need one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.kafka import kafka_servers
from tests.support.postgres import Cluster, running_cluster


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """HOST:PORT of a real Kafka; tests use topics of their own."""
    with kafka_servers() as servers:
        yield servers


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A real PostgreSQL; tests use databases of their own."""
    with running_cluster() as cluster:
        yield cluster
