"""The sender: scheduled reports and alerts, each told once, caught up, tried again, and taken over by the next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from feedback_analytics.analytics import Lake
from feedback_analytics.cli.sending import Sender
from feedback_analytics.reports import due_periods, retry_at
from feedback_analytics.settings import read_settings
from feedback_analytics.store import JobKind, open_reader, run_job
from tests.support.builders import a_vote, record_of
from tests.support.commands import feedback
from tests.support.house import House
from tests.support.newsroom import Story, publish
from tests.support.receivers import Inbox, mail_server, webhook
from tests.support.service import free_port

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in. <socket.socket .closed.")

BERLIN = ZoneInfo("Europe/Berlin")
MORNING = time(7)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def ends(name: str, now: str, last: str | None = None) -> list[str]:
    found = due_periods(name, MORNING, at(now), BERLIN, at(last) if last else None)  # type: ignore[arg-type]
    return [f"{until:%m-%d}" for _, until in found]


def test_a_period_is_due_on_the_day_after_it_from_the_newsrooms_hour_on() -> None:
    assert ends("week", "2026-11-23T06:59", "2026-11-16") == []
    assert ends("week", "2026-11-23T07:00", "2026-11-16") == ["11-23"]
    assert ends("month", "2026-12-01T08:00", "2026-11-01") == ["12-01"]


def test_the_first_is_the_newest_that_is_due_and_missed_ones_are_caught_up_oldest_first() -> None:
    assert ends("week", "2026-11-26T12:00") == ["11-23"]
    assert ends("week", "2026-11-23T06:00") == ["11-16"]
    assert ends("day", "2026-11-26T12:00", "2026-11-23") == ["11-24", "11-25", "11-26"]
    assert len(ends("day", "2026-11-26T12:00", "2020-01-01")) == 31


def test_the_pause_after_a_failure_doubles_up_to_an_hour() -> None:
    failed = at("2026-11-23T07:00")
    pauses = [(retry_at("failed", tries, failed) - failed) // timedelta(minutes=1) for tries in (1, 2, 3, 7, 99)]
    assert pauses == [1, 2, 4, 60, 60]
    assert retry_at("begun", 1, failed) == failed + timedelta(minutes=15)


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path / "data") as house:
        house.append([record_of(a_vote("bridge"))])
        house.process_all()
        house.close()
        yield house


def sender(house: House, clock: Clock, **reports: object) -> Sender:
    flags = {f"reports.{name}": value for name, value in reports.items()}
    return Sender(read_settings({"data_dir": str(house.folder), **flags}), clock, wait=lambda seconds: None)


def deliveries(house: House) -> list[tuple[str, str, int]]:
    with Lake(open_reader(house.settings)) as lake:
        answer = lake.ask("deliveries").sort_values(["since", "way"])
        return list(answer[["way", "state", "tries"]].itertuples(index=False, name=None))


def mailing(url: str) -> dict[str, object]:
    return {"mail_url": url, "mail_from": "feedback@news.example", "mail_to": "desk@news.example"}


def test_a_scheduled_report_goes_out_once_by_each_way_and_the_next_when_its_day_comes(
    house: House, clock: Clock
) -> None:
    inbox = Inbox()
    with mail_server(inbox) as mail_url, webhook([200]) as (hook, taken):
        told = {"schedule": "day", "send_at": "00:00", "webhook_url": hook, **mailing(mail_url)}
        assert sender(house, clock, **told).send_due() and sender(house, clock, **told).send_due()
        assert (len(inbox.mails), len(taken)) == (1, 1)
        clock.now += timedelta(days=2)
        assert sender(house, clock, **told).send_due()
    subjects = [mail["Subject"] for mail in inbox.mails]
    assert len(subjects) == len(set(subjects)) == len(taken) == 3
    assert deliveries(house) == [("mail", "sent", 1), ("webhook", "sent", 1)] * 3


def test_a_server_that_is_down_loses_no_report_and_holds_up_no_other_way(house: House, clock: Clock) -> None:
    port, inbox = free_port(), Inbox()
    with webhook([200]) as (hook, taken):
        told = {"schedule": "week", "send_at": "00:00", "webhook_url": hook}
        down = sender(house, clock, **told, **mailing(f"smtp://127.0.0.1:{port}"))
        assert not down.send_due() and len(taken) == 1
        with Lake(open_reader(house.settings)) as lake:
            why = lake.ask("deliveries").set_index("way")["told"]["mail"]
        assert "the mail server 127.0.0.1 did not take the report" in why and "reports.mail_url" in why
        assert down.send_due(), "not before its pause is over"
        # Votes that come meanwhile do not change what was to be told.
        house.open()
        house.append([record_of(a_vote("bridge", reader="late", useful=False))])
        house.process_all()
        house.close()
        clock.now += timedelta(minutes=2)
        with mail_server(inbox) as url:
            assert sender(house, clock, **told, **mailing(url)).send_due()
    assert len(inbox.mails) == 1 and len(taken) == 1
    assert deliveries(house) == [("mail", "sent", 2), ("webhook", "sent", 1)]


def test_what_a_dead_sender_left_is_taken_over_and_of_two_senders_one_begins(house: House, clock: Clock) -> None:
    begun = {
        "entry_id": "first",
        "delivery_id": "report:day:x:webhook",
        "follows": None,
        "kind": "report",
        "name": "day",
        "since": (clock.now - timedelta(days=1)).isoformat(),
        "until": (clock.now + timedelta(days=1)).isoformat(),
        "way": "webhook",
        "state": "begun",
        "told": None,
        "positions": None,
    }
    run_job(house.settings, JobKind.NOTE_DELIVERY, begun, now=clock)
    job = run_job(house.settings, JobKind.NOTE_DELIVERY, {**begun, "entry_id": "second"}, now=clock)
    assert job.told == "another sender was first"
    with webhook([200]) as (hook, taken):
        told = {"schedule": "day", "webhook_url": hook}
        assert sender(house, clock, **told).send_due() and not taken
        clock.now += timedelta(minutes=16)
        assert sender(house, clock, **told).send_due() and len(taken) == 1
    assert deliveries(house) == [("webhook", "sent", 2)]


def test_drops_are_told_once_and_an_alert_that_was_not_taken_is_told_later(tmp_path: Path, clock: Clock) -> None:
    story = Story("bridge", "The <b>bridge</b>", "Cities", 0.9, 0, 30)
    then = clock.now - timedelta(days=15)
    votes = [a_vote("bridge", useful=number % 10 < 9, reader=f"then-{number}", at=then) for number in range(300)]
    votes += [a_vote("bridge", useful=number % 10 < 3, reader=f"now-{number}", at=clock.now) for number in range(300)]
    with House(tmp_path / "data") as house:
        publish(house, (story,), clock.now)
        house.append([record_of(event) for event in votes])
        house.process_all()
        house.close()
        with webhook([404, 200]) as (hook, taken):
            told = {"alert_seconds": 60.0, "webhook_url": hook}
            assert not sender(house, clock, **told).send_due()
            clock.now += timedelta(minutes=2)
            assert sender(house, clock, **told).send_due()
            clock.now += timedelta(hours=2)
            assert sender(house, clock, **told).send_due()
        assert len(taken) == 2 and taken[0] == taken[1]
        assert taken[1]["text"].startswith("Alert: ") and " fell" in taken[1]["text"]
        assert "The &lt;b&gt;bridge&lt;/b&gt;" in str(taken[1]["blocks"])
        assert deliveries(house) == [("webhook", "sent", 2)]


def test_a_schedule_without_receivers_is_refused_by_the_service_too(house: House) -> None:
    environ = {"FEEDBACK_REPORTS_SCHEDULE": "week"}
    for command in (("sender", "--once"), ("serve", "--port", "0")):
        told = feedback(*command, "--data", house.folder, environ=environ)
        assert told.is_refusal("it is not said to whom")
    told = feedback("sender", "--once", "--data", house.folder)
    assert told.is_refusal("nothing is to be sent")
    told = feedback("serve", "--data", house.folder, environ={"FEEDBACK_REPORTS_SEND_AT": "7 o'clock"})
    assert told.code != 0 and "send_at" in told.error


def test_the_command_sends_what_is_due(house: House) -> None:
    with webhook([200]) as (hook, taken):
        environ = {"FEEDBACK_REPORTS_SCHEDULE": "week", "FEEDBACK_REPORTS_WEBHOOK_URL": hook}
        told = feedback("sender", "--once", "--data", house.folder, environ=environ)
        assert told.code == 0 and len(taken) == 1, told.error
