"""A browser, the real ingest, a publisher's pages on another origin, and what arrived in the log."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from feedback_analytics.contract import VOTES_TOPIC, VoteCast, decode_votes
from feedback_analytics.log import EventLog, open_log
from feedback_analytics.settings import read_settings
from tests.support.publisher import Publisher
from tests.support.service import Service, running_ingest

DEADLINE_SECONDS = 60
# Generous: other tests may have the cores.
Arrived = Callable[[str, int], list[VoteCast]]


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running_ingest(tmp_path_factory.mktemp("widget") / "data") as service:
        yield service


@pytest.fixture(scope="session")
def publisher() -> Iterator[Publisher]:
    with Publisher() as publisher:
        yield publisher


@pytest.fixture(scope="session")
def log(service: Service) -> Iterator[EventLog]:
    with open_log(read_settings(flags={"data_dir": str(service.data_dir)})) as log:
        yield log


@pytest.fixture
def reader(chromium: Browser) -> Iterator[BrowserContext]:
    """A reader's browser profile: storage of its own."""
    context = chromium.new_context(locale="en-GB")
    context.set_default_timeout(1000 * DEADLINE_SECONDS)
    yield context
    context.close()


@pytest.fixture
def page(reader: BrowserContext) -> Page:
    return reader.new_page()


_numbers = itertools.count(1)


@pytest.fixture
def article_id(request: pytest.FixtureRequest) -> str:
    """An article of the test's own."""
    return f"{request.node.name.removeprefix('test_')}-{next(_numbers)}"[:190]


@pytest.fixture
def arrived(log: EventLog) -> Arrived:
    """arrived(article_id, count): the votes for an article in the log by time, once there are count of them."""

    def wait_for(article_id: str, count: int) -> list[VoteCast]:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            votes = _votes_for(article_id, log)
            if len(votes) >= count or time.monotonic() > deadline:
                assert len(votes) == count, [vote.data.vote for vote in votes]
                return votes
            time.sleep(0.02)

    return wait_for


def _votes_for(article_id: str, log: EventLog) -> list[VoteCast]:
    values = [
        record.value
        for partition, offsets in log.ranges(VOTES_TOPIC).items()
        for record in log.read(VOTES_TOPIC, partition, offsets.earliest, 10_000)
    ]
    votes = [event for event in decode_votes(values).events if event.data.article_id == article_id]
    return sorted(votes, key=lambda event: event.time)


@pytest.fixture(scope="session")
def artifacts() -> Path:
    folder = Path("test-artifacts")
    folder.mkdir(exist_ok=True)
    return folder
