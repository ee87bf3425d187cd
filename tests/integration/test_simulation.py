"""The demo's readers at a real service: what was accepted and refused is what was sent, in time and number."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedback_analytics.contract import ARTICLES_TOPIC, VOTES_TOPIC, decode_articles, decode_votes
from feedback_analytics.demo import Emitter, Kind, announcements, articles, history, simulate
from feedback_analytics.errors import FeedbackError
from feedback_analytics.log import EventLog, open_log
from feedback_analytics.settings import read_settings
from tests.support.service import Service, free_port, running_ingest


def utc_now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running_ingest(tmp_path / "data") as service:
        yield service


@pytest.fixture
def log(service: Service) -> Iterator[EventLog]:
    with open_log(read_settings(flags={"data_dir": str(service.data_dir)})) as log:
        yield log


def values(log: EventLog, topic: str) -> list[bytes]:
    return [
        record.value
        for partition, offsets in log.ranges(topic).items()
        for first in range(offsets.earliest, offsets.next, 5_000)
        for record in log.read(topic, partition, first, 5_000)
    ]


def test_a_simulation_publishes_the_articles_and_sends_as_many_events_as_asked_for_in_the_time(
    service: Service, log: EventLog
) -> None:
    began = time.monotonic()
    report = simulate(service.url, rate=400, seconds=2, seed=7, now=utc_now)
    assert 1.8 <= time.monotonic() - began <= 6
    assert sum(report.sent.values()) == 800
    assert report.answers.accepted + report.answers.refused.total() == 800 + report.articles
    assert report.answers.refused.total() == report.sent[Kind.bad] > 0
    announced = decode_articles(values(log, ARTICLES_TOPIC)).events
    assert {event.data.article_id for event in announced} == {article.id for article in articles()}
    votes = decode_votes(values(log, VOTES_TOPIC)).events
    assert len(votes) == 800 - report.sent[Kind.bad]
    # Retries are in the log twice, with one id.
    assert len({event.id for event in votes}) == len(votes) - report.sent[Kind.retry]


def test_a_simulation_without_a_service_says_so_and_how_to_go_on() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(FeedbackError, match=r"no answer for 36 events .*Connection refused.*\(feedback serve\)"):
        simulate(url, rate=10, seconds=1, seed=7, now=utc_now, patience_seconds=0.5)


def test_a_simulation_waits_for_a_service_that_is_still_starting(tmp_path: Path) -> None:
    port, late = free_port(), ExitStack()

    def start_instead_of_sleeping(seconds: float) -> None:
        late.enter_context(running_ingest(tmp_path / "data", port=port))

    with late, Emitter(f"http://127.0.0.1:{port}", sleep=start_instead_of_sleeping) as emitter:
        emitter.post(list(announcements(utc_now())))
        assert emitter.answers.accepted == len(list(announcements(utc_now())))


def test_a_month_of_history_goes_through_ingest_in_seconds(service: Service, log: EventLog) -> None:
    anchor = utc_now()
    began = time.monotonic()
    with Emitter(service.url) as emitter:
        progress = list(emitter.post_all(history(7, 30, anchor)))
    seconds = time.monotonic() - began
    assert emitter.answers.accepted == progress[-1] > 60_000
    assert not emitter.answers.refused
    assert seconds < 30, "about 5 s on two idle cores"
    by_id = Counter(event.id for event in decode_votes(values(log, VOTES_TOPIC)).events)
    assert by_id.total() + len(list(announcements(anchor))) == progress[-1]


def test_history_sent_again_is_the_same_events(service: Service, log: EventLog) -> None:
    anchor = utc_now()
    with Emitter(service.url) as emitter:
        for _ in range(2):
            list(emitter.post_all(history(7, 1, anchor)))
    stored = values(log, VOTES_TOPIC)
    assert set(Counter(stored).values()) <= {2, 4}
