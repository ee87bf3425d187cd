"""Reports: a finished week as a page, as text and as a message, by a real mail server and a real webhook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from feedback_analytics.analytics import Lake, sentences
from feedback_analytics.reports import (
    Mail,
    NotSent,
    Report,
    as_html,
    as_message,
    as_text,
    finished_period,
    make_report,
    period_of,
    post_message,
    send_mail,
)
from feedback_analytics.store import open_reader
from tests.support.builders import a_vote, record_of
from tests.support.commands import feedback
from tests.support.house import House
from tests.support.newsroom import Story, publish, vote
from tests.support.receivers import Inbox, mail_server, webhook
from tests.support.service import free_port

# aiosmtpd leaves sockets that are closed already to the collector, and that is told as if they were not.
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in. <socket.socket .closed.")

ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime.now(UTC)
SPAN = (NOW - timedelta(days=28), NOW + timedelta(days=1))
STORIES = (
    Story("bridge", "<b>Bridge</b> & *river*", "Cities", 0.8, 300, 20, section_shares={"whats-next": 0.2}),
    Story("ferry", "Ferry <!channel>", "Cities", 0.7, 200, 20),
    Story("coin", "A coin", "Economy", 0.7, 200, 20),
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("reports") / "data") as house:
        publish(house, STORIES, NOW)
        vote(house, STORIES, NOW)
        house.append_to(0, b"not an event")
        house.process_all()
        yield house


@pytest.fixture(scope="module")
def lake(house: House) -> Iterator[Lake]:
    with Lake(open_reader(house.settings), time_zone=ZONE.key) as lake:
        yield lake


@pytest.fixture(scope="module")
def report(lake: Lake) -> Report:
    return make_report(lake, "month", SPAN)


def test_the_finished_week_and_month_are_those_of_the_newsrooms_calendar() -> None:
    late_on_sunday = datetime(2026, 3, 29, 22, 30, tzinfo=UTC)  # already Monday in Berlin, in summer time since today
    since, until = finished_period("week", late_on_sunday, ZONE)
    assert (since.isoformat(), until.isoformat()) == ("2026-03-23T00:00:00+01:00", "2026-03-30T00:00:00+02:00")
    assert finished_period("day", late_on_sunday, ZONE)[0].date() == date(2026, 3, 29)
    assert [at.date() for at in finished_period("month", late_on_sunday, ZONE)] == [date(2026, 2, 1), date(2026, 3, 1)]
    assert [at.date() for at in period_of("month", date(2026, 12, 31), ZONE)] == [date(2026, 12, 1), date(2027, 1, 1)]


def test_the_numbers_of_a_report_are_the_answers_of_the_questions(lake: Lake, report: Report) -> None:
    overview = lake.ask("overview", since=SPAN[0], until=SPAN[1]).set_index("target")
    text = as_text(report).replace("\u00a0", " ").replace("\u202f", " ")
    article = overview.loc["article"]
    assert f"Articles found useful: {100 * article['useful_share']:.1f} %" in text
    assert f"{article['votes']:,} votes on 3 articles" in text
    sections = lake.ask("section_map", since=SPAN[0], until=SPAN[1])
    first = sentences.plain(sentences.fix_first(sections)[0][0])
    assert first in as_text(report) and "What’s Next?" in first
    for chapter in ("WHAT TO FIX FIRST", "WHAT FELL", "WHAT ROSE", "DATA QUALITY"):
        assert chapter in text
    assert "1 event could not be read (not json, the whole event)." in text
    assert report.span.replace("\u00a0", " ") in text and "Europe/Berlin" in text and "As of " in text


def test_a_report_is_made_again_to_the_digit_from_its_positions(house: House, lake: Lake, report: Report) -> None:
    house.append([record_of(a_vote("bridge", useful=False, reader="late"))])
    house.process_all()
    assert as_text(make_report(lake, "month", SPAN)) != as_text(report)
    assert as_text(make_report(lake, "month", SPAN, as_of=report.positions)) == as_text(report)


def test_without_votes_there_is_no_share_and_not_zero_percent(lake: Lake) -> None:
    empty = as_text(make_report(lake, "day", period_of("day", date(2020, 1, 1), ZONE)))
    assert "no share yet" in empty and "0.0" not in empty and "No events were received" in empty


def test_text_from_outside_is_no_markup_in_any_form(report: Report) -> None:
    page = as_html(report, "https://feedback.example/")
    assert "<b>Bridge</b>" not in page and "&lt;b&gt;Bridge&lt;/b&gt; &amp; *river*" in page
    assert not re.search(r"<script|src=|@import|url\(", page), "a mail client loads nothing"
    assert re.findall(r'href="([^"]+)"', page) == [
        f"https://feedback.example/?since={SPAN[0].astimezone(ZONE):%Y-%m-%d}&amp;until={SPAN[1].astimezone(ZONE):%Y-%m-%d}"
    ]
    message = json.dumps(as_message(report), ensure_ascii=False)
    assert "&lt;b&gt;Bridge&lt;/b&gt; &amp; ∗river∗" in message and "<!channel>" not in message


def test_a_mail_carries_text_and_page_and_a_server_that_is_busy_is_tried_again(report: Report) -> None:
    inbox, waits = Inbox(refusals=2), []
    with mail_server(inbox) as url:
        mail = Mail(url, "feedback@news.example", ("desk@news.example", "chief@news.example"))
        identity = send_mail(report, mail, wait=waits.append)
        assert send_mail(report, mail) == identity, "the same report to the same people can be known"
    assert waits == [1.0, 2.0]
    first, again = inbox.mails
    assert first["Message-ID"] == again["Message-ID"] == identity
    assert (first["Subject"], first["To"]) == (report.title, "desk@news.example, chief@news.example")
    text, page = first.get_body(("plain",)), first.get_body(("html",))
    assert text is not None and page is not None
    assert text.get_content().split() == as_text(report).split()
    assert page.get_content().split() == as_html(report).split()


def test_a_mail_server_that_is_gone_is_named_with_the_setting(report: Report) -> None:
    waits: list[float] = []
    mail = Mail(f"smtp://user:secret@127.0.0.1:{free_port()}", "a@b.example", ("c@d.example",))
    with pytest.raises(
        NotSent, match=r"the mail server 127.0.0.1 did not take the report: .*See reports.mail_url"
    ) as told:
        send_mail(report, mail, wait=waits.append)
    assert waits == [1.0, 2.0, 4.0] and "secret" not in str(told.value)


def test_a_webhook_is_tried_again_when_it_is_busy_and_not_when_it_refuses(report: Report) -> None:
    waits: list[float] = []
    with webhook([503, 429, 200]) as (url, taken):
        post_message(url, as_message(report, "https://feedback.example"), wait=waits.append)
    assert len(taken) == 3 and waits == [1.0, 2.0]
    assert taken[-1]["blocks"][0]["text"]["text"] == report.title
    assert all(len(block["text"]["text"]) <= 3_000 for block in taken[-1]["blocks"] if block["type"] == "section")
    with (
        webhook([404]) as (url, taken),
        pytest.raises(NotSent, match="the webhook at 127.0.0.1 did not take the report: HTTP Error 404") as told,
    ):
        post_message(url, as_message(report), wait=waits.append)
    assert len(taken) == 1 and "secret" not in str(told.value)


def test_the_command_writes_prints_mails_and_posts(house: House, tmp_path: Path) -> None:
    data = house.folder
    told = feedback("report", "--period", "day", "--to", tmp_path / "day.html", "--data", data)
    assert told.code == 0 and (tmp_path / "day.html").read_text().startswith("<!doctype html>")
    printed = feedback("report", "--to", tmp_path / "week.pdf", "--data", data)
    assert printed.code == 0 and (tmp_path / "week.pdf").read_bytes().startswith(b"%PDF")
    inbox = Inbox()
    with mail_server(inbox) as server, webhook([200]) as (url, taken):
        environ = {
            "FEEDBACK_REPORTS_MAIL_URL": server,
            "FEEDBACK_REPORTS_MAIL_FROM": "feedback@news.example",
            "FEEDBACK_REPORTS_MAIL_TO": "desk@news.example",
            "FEEDBACK_REPORTS_WEBHOOK_URL": url,
        }
        sent = feedback("report", "--mail", "--webhook", "--data", data, environ=environ)
        shown = feedback("config", environ=environ)
    assert sent.code == 0 and len(inbox.mails) == len(taken) == 1
    assert url not in shown.out


def test_what_a_report_cannot_be_is_told_with_what_is_allowed(house: House, tmp_path: Path) -> None:
    told = feedback("report", "--mail", "--data", house.folder)
    assert told.is_refusal("reports.mail_url and reports.mail_from and reports.mail_to must be set")
    told = feedback("report", "--to", tmp_path / "report.doc", "--data", house.folder)
    assert told.code == 2 and ".html, .pdf, .txt" in told.error
    told = feedback("report", "--period", "year", "--data", house.folder)
    assert told.code == 2 and "week" in told.error
