"""The dashboard while the store changes, stands still, falls behind or goes away."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from feedback_analytics.contract import ARTICLES_TOPIC
from feedback_analytics.dashboard import Live
from tests.browser.pictures import take_pictures
from tests.support.asker import attach_plainly
from tests.support.builders import a_vote, an_article, record_of
from tests.support.dashboard import RunningDashboard, running_dashboard
from tests.support.hostile import hostile_texts
from tests.support.house import House
from tests.support.newsroom import STORIES, publish, vote

pytestmark = pytest.mark.browser
FIXED = "\u00a0"
QUIET_LOOKS = 3
"""Looks of a page at the store without a change of the page, until its charts count as drawn."""

DEADLINE_SECONDS = 60


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path / "data") as house:
        yield house


@pytest.fixture
def dashboard(house: House) -> Iterator[RunningDashboard]:
    with running_dashboard(house.settings) as dashboard:
        yield dashboard


@pytest.fixture(scope="module")
def profile(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    context.set_default_timeout(1000 * DEADLINE_SECONDS)
    yield context
    context.close()


@pytest.fixture
def page(profile: BrowserContext) -> Iterator[Page]:
    page = profile.new_page()
    yield page
    page.close()


def cast(house: House, *votes: dict[str, Any]) -> None:
    house.append([record_of(vote) for vote in votes])
    house.process_all()


def many(article: str, useful: int, votes: int, first: int = 0, **told: Any) -> list[dict[str, Any]]:
    """So many readers' votes, the first of them useful, given a minute ago."""
    at = datetime.now(UTC) - timedelta(minutes=1)
    return [a_vote(article, useful=n < useful, reader=f"r{first + n}", at=at, **told) for n in range(votes)]


def announce(house: House, *articles: dict[str, Any]) -> None:
    records = [(article["data"]["article_id"].encode(), json.dumps(article).encode()) for article in articles]
    house.append(records, ARTICLES_TOPIC)


def hide_tables(house: House, *names: str) -> None:
    """Whoever asks for them from now on fails, as with a damaged store."""
    house.close()
    with attach_plainly(Path(house.settings.data_dir), options="") as engine:
        for name in names:
            engine.execute(f"alter table raw.{name} rename to hidden_{name}")


def votes_shown(page: Page) -> Any:
    return page.locator("#live-votes-big")


def test_a_first_run_shows_three_steps_and_then_the_first_vote(
    page: Page, dashboard: RunningDashboard, house: House, pictures: Path
) -> None:
    page.goto(dashboard.url)
    expect(page.get_by_role("heading", name="No votes yet")).to_be_visible()
    expect(page.locator(".steps > li")).to_have_count(3)
    expect(page.locator("pre").first).to_contain_text(f'src="{dashboard.url}/widget.js"')
    looked = page.locator("time.looked")
    expect(looked).not_to_have_text(looked.inner_text())
    take_pictures(page, pictures, "empty")
    cast(house, *many("a1", 1, 1))
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(votes_shown(page)).to_have_text("1")


def test_the_first_visitor_may_come_by_any_link(page: Page, dashboard: RunningDashboard, house: House) -> None:
    cast(house, *many("a1", 8, 12))
    page.goto(f"{dashboard.url}/articles/a1")
    expect(page.get_by_role("heading", level=1)).to_have_text("a1")


def test_both_shares_of_an_alert_lead_to_the_events_behind_them(
    page: Page, dashboard: RunningDashboard, house: House, pictures: Path
) -> None:
    now = datetime.now(UTC)
    then, since = now - timedelta(days=12), now - timedelta(minutes=5)
    before = [a_vote("a1", useful=n < 75, reader=f"b{n}", at=then) for n in range(80)]
    cast(house, *before, *(a_vote("a1", useful=n < 20, reader=f"s{n}", at=since) for n in range(90)))
    page.goto(f"{dashboard.url}/alerts")
    row = page.locator("#live-slow-drops tbody tr", has_text="article")
    expect(row.get_by_role("link", name="votes")).to_have_text([re.compile("80.votes"), re.compile("90.votes")])
    take_pictures(page, pictures, "alerts-fallen")
    for votes, useful in ((80, 75), (90, 20)):
        page.goto(f"{dashboard.url}/alerts")
        row.get_by_role("link", name=f"{votes}{FIXED}votes").click()
        expect(page.locator("#live-events-says")).to_contain_text(f": {votes}, of which {useful} say useful")
    page.goto(dashboard.url)
    page.locator("#live-slow-changed").get_by_role("link", name="Events behind").click()
    expect(page.locator("#live-events-says")).to_contain_text(": 170, of which 95 say useful")


def test_a_page_of_which_one_answer_fails_shows_the_others_and_says_what_is_missing(
    page: Page, dashboard: RunningDashboard, house: House, pictures: Path
) -> None:
    now = datetime.now(UTC)
    publish(house, STORIES, now)
    vote(house, STORIES, now)
    house.process_all()
    hide_tables(house, "annotations", "deliveries")
    page.goto(dashboard.url)
    partial = page.locator(".banner.partial")
    expect(partial).to_contain_text("Part of this page is missing. The moments that people marked:")
    part = page.locator(".card.partial .part")
    expect(part).to_have_count(1)
    expect(part).to_contain_text("cannot be shown.")
    expect(page.locator("#live-trend .main-svg").first).to_be_visible()
    expect(votes_shown(page)).not_to_have_text("0")
    for other in (".banner.stale", ".card.failed", ".card.empty"):
        expect(page.locator(other)).to_have_count(0)
    take_pictures(page, pictures, "partial")
    page.goto(f"{dashboard.url}/health")
    expect(partial).to_contain_text("Reports and alerts:")
    expect(page.locator(".card.failed")).to_have_count(1)
    expect(page.locator("#live-equation")).to_be_visible()
    take_pictures(page, pictures, "partial-health")
    page.goto(f"{dashboard.url}/sections")
    expect(page.locator("table.map")).to_be_visible()
    expect(partial).to_have_count(0)


def test_a_new_vote_shows_without_a_reload(page: Page, dashboard: RunningDashboard, house: House) -> None:
    cast(house, *many("a1", 8, 12))
    page.goto(dashboard.url)
    expect(votes_shown(page)).to_have_text("12")
    page.evaluate("window.same = document.querySelector('h1')")
    cast(house, a_vote("a1", reader="new"))
    expect(votes_shown(page)).to_have_text("13")
    assert page.evaluate("window.same === document.querySelector('h1')"), "the page was drawn anew"


def test_an_unchanged_store_sends_nothing_and_moves_nothing(
    page: Page, dashboard: RunningDashboard, house: House
) -> None:
    cast(house, *many("a1", 8, 12))
    page.goto(dashboard.url)
    expect(votes_shown(page)).to_have_text("12")
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    page.evaluate("""
        window.changes = [];
        const told = (one) => `${one.target.nodeName} ${one.target.className} ${one.attributeName}`;
        new MutationObserver((found) => window.changes.push(...found.map(told)))
            .observe(document.getElementById("page"), { subtree: true, childList: true, attributes: true });
    """)
    deadline, quiet = time.monotonic() + DEADLINE_SECONDS, 0
    while quiet < QUIET_LOOKS:  # until the charts have found their size
        assert time.monotonic() < deadline
        page.evaluate("window.changes = []")
        with page.expect_response("**/dashboard/live*"):
            pass
        quiet = quiet + 1 if page.evaluate("window.changes") == [] else 0
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    with page.expect_response(lambda answer: len(answers) >= 3):
        pass
    assert {(answer.status, answer.url.partition("?")[0]) for answer in answers} == {
        (204, f"{dashboard.url}/dashboard/live")
    }
    assert page.evaluate("window.changes") == []


def test_numbers_wait_while_a_table_is_read(page: Page, dashboard: RunningDashboard, house: House) -> None:
    cast(house, *many("a1", 8, 12))
    page.goto(dashboard.url)
    expect(votes_shown(page)).to_have_text("12")
    page.locator("#live-articles .ttl").focus()
    cast(house, a_vote("a1", reader="new"))
    expect(page.get_by_text("new numbers wait until you have read on")).to_be_visible()
    expect(votes_shown(page)).to_have_text("12")
    page.locator("#live-articles .ttl").blur()
    expect(votes_shown(page)).to_have_text("13")


def test_rows_change_places_only_when_asked(page: Page, dashboard: RunningDashboard, house: House) -> None:
    cast(house, *many("a1", 60, 100), *many("a2", 60, 100), *many("a3", 99, 100))
    page.goto(f"{dashboard.url}/articles")
    rows = page.locator("#live-rows tr[data-row] .ttl")
    expect(rows).to_have_text(["a1", "a2", "a3"])
    cast(house, *many("a2", 0, 200, first=100))
    row = page.locator("#live-rows tr[data-row]", has_text="a2")
    expect(row.locator(".votes")).to_have_text("300")
    expect(rows).to_have_text(["a1", "a2", "a3"])
    page.get_by_role("button", name="moved · reorder").first.click()
    expect(rows).to_have_text(["a2", "a1", "a3"])
    expect(page.get_by_role("button", name="moved · reorder")).to_have_count(0)


def test_a_page_says_that_it_is_stale_when_events_wait(
    page: Page, dashboard: RunningDashboard, house: House, pictures: Path
) -> None:
    now = datetime.now(UTC)
    publish(house, STORIES, now)
    vote(house, STORIES, now)
    house.process_all()
    page.goto(dashboard.url)
    expect(page.locator("#live-fresh")).to_contain_text("Live · as of")
    dashboard.live = Live(behind_records=3112, oldest_waiting_at=now - timedelta(minutes=14))
    expect(page.locator(".banner.stale")).to_contain_text(f"3,112{FIXED}events wait safely in the log")
    expect(page.locator("#live-fresh")).to_contain_text("Not live · as of")
    expect(page.locator("#live-foot")).to_contain_text("Ledger balances as of")
    expect(page.locator("#live-foot")).to_contain_text("3,112 behind in the log")
    take_pictures(page, pictures, "stale")
    dashboard.live = Live(behind_records=0)
    expect(page.locator(".banner.stale")).to_have_count(0)


def test_a_store_that_is_gone_is_told_and_not_shown_as_zeros(
    page: Page, dashboard: RunningDashboard, house: House, pictures: Path
) -> None:
    cast(house, *many("a1", 8, 12))
    page.goto(dashboard.url)
    expect(votes_shown(page)).to_have_text("12")
    lake = Path(house.settings.data_dir) / "lake"
    shutil.move(lake, lake.with_name("elsewhere"))
    page.goto(f"{dashboard.url}/?days=7")
    expect(page.get_by_role("alert").first).to_contain_text("Nothing is shown here rather than a zero")
    expect(page.get_by_role("link", name="Try again").first).to_be_visible()
    expect(page.get_by_text("Code").first).to_be_visible()
    take_pictures(page, pictures, "store-gone")
    shutil.move(lake.with_name("elsewhere"), lake)
    page.get_by_role("link", name="Try again").first.click()
    expect(votes_shown(page)).to_have_text("12")


def test_a_service_that_does_not_answer_is_told(
    page: Page, dashboard: RunningDashboard, house: House, pictures: Path
) -> None:
    cast(house, *many("a1", 8, 12))
    page.goto(dashboard.url)
    expect(votes_shown(page)).to_have_text("12")
    dashboard.stop()
    expect(page.get_by_text("Not live · the service does not answer")).to_be_visible()
    expect(votes_shown(page)).to_have_text("12")
    take_pictures(page, pictures, "no-service", themes=["light"])


def test_200_titles_and_ids_from_outside_are_text_and_never_markup(
    page: Page, dashboard: RunningDashboard, house: House
) -> None:
    texts = hostile_texts(200)
    told = [
        an_article(text, title=text, topic=text, author=text, url=text, sections=[{"id": text, "heading": text}])
        for text in texts
    ]
    announce(house, *told)
    outside = {"device": texts[0], "locale": texts[1][:35], "referrer": "https://x.example/" + texts[2]}
    first = [*many(texts[0], 5, 20), *many(texts[0], 19, 20, section=texts[0]), *many("b", 39, 40, section="s")]
    cast(house, *first, *(a_vote(text, section=text, reader=f"r{n}", **outside) for n, text in enumerate(texts)))
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    page.goto(f"{dashboard.url}/articles?of=sections&sort=votes")
    page.locator("#live-rows").get_by_role("link", name=texts[0], exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(texts[0])
    expect(page.locator("#live-outline h3").last).to_have_text(f"1. {texts[0]}")
    expect(page.get_by_role("link", name="Read the article")).to_have_count(0)
    paths = ["/", "/articles?of=sections", "/articles?of=sections&page=2", "/articles?of=topics", "/sections?page=4"]
    paths += ["/compare?by=locale", "/compare?by=referrer", "/alerts?window_days=1", "/health", "/events?most=300"]
    paths += [f"/?{urlencode({'topic': texts[7], 'device': texts[8], texts[9]: texts[10]})}", f"/{quote(texts[1])}"]
    for path in paths:
        page.goto(dashboard.url + path)
        expect(page.locator("main h1")).to_be_visible()
        expect(page.locator(".waits")).to_have_count(0)
        for shown in page.locator("main details, .more-filters").all():
            shown.evaluate("one => { one.open = true; }")
        page.locator("main a, main button, main select").evaluate_all("all => all.forEach(one => one.focus())")
        assert page.evaluate("window.hacked") is None, path
        strangers = page.locator(
            "main script, main iframe, main img, main svg[onload], main math, a[href^='javascript']"
        )
        assert strangers.count() == 0, path
    assert wrong == []


NAMES = {
    "long": "unbreakable" * 18,
    "right-to-left": "שלום עולם (2026)! \u202eecnanif\u202c",
    "emoji": "👩‍👩‍👧‍👦 🇺🇳 n̶o̶ ﷽ ½",
}


def test_names_of_any_script_and_length_stay_in_their_place(
    page: Page, dashboard: RunningDashboard, house: House, pictures: Path
) -> None:
    for article, title in NAMES.items():
        sections = [{"id": title[:90], "heading": title}]
        told = {"topic": title[:60], "author": title[:60], "url": f"/demo/articles/{article}", "sections": sections}
        announce(house, an_article(article, title=title, **told))
        cast(house, *many(article, 20, 40), *many(article, 5, 40, section=title[:90]))
    cast(house, *many("b", 39, 40, section="s"), *many("w" * 190, 30, 40))
    page.goto(f"{dashboard.url}/articles")
    for title in NAMES.values():
        expect(page.locator("#live-rows").get_by_role("link", name=title, exact=True)).to_be_visible()
    take_pictures(page, pictures, "names", themes=["light"])
    page.set_viewport_size({"width": 320, "height": 900})
    for path in ("/", *(f"/articles/{article}" for article in (*NAMES, "w" * 190, "unknown" * 30))):
        page.goto(dashboard.url + path)
        expect(page.locator("main h1")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
    page.goto(f"{dashboard.url}/articles/emoji")
    expect(page.get_by_role("heading", level=1)).to_have_text(NAMES["emoji"])
    expect(page.get_by_role("link", name="Read the article")).to_have_attribute("href", "/demo/articles/emoji")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_page_of_hundreds_of_rows_is_drawn(page: Page, dashboard: RunningDashboard, house: House) -> None:
    cast(house, *(a_vote(f"a{n}", section=f"s{n % 4}", reader=f"r{m}") for n in range(500) for m in range(2)))
    page.goto(f"{dashboard.url}/articles?of=sections&sort=title&page=5")
    rows = page.locator("#live-rows tr[data-row]")
    expect(rows).to_have_count(100)
    expect(page.get_by_text("Rows 401–500 of 500")).to_be_visible()
    page.get_by_role("link", name="Rows before").click()
    expect(page.get_by_text("Rows 301–400 of 500")).to_be_visible()
    page.goto(f"{dashboard.url}/sections")
    expect(page.locator("table.map tbody tr")).to_have_count(50)
    cell = page.locator("table.map a.cell", has_text="2 of 2").first
    name = cell.get_attribute("aria-label") or ""
    article = page.locator("table.map tr[data-row]").first.get_attribute("data-row") or ""
    section = f"s{int(article[1:]) % 4}"
    cast(house, a_vote(article, section=section, reader="new"))
    expect(page.locator("table.map tr[data-row]").first.locator("a.cell")).to_have_text("3 of 3")
    assert "too few votes" in name


def test_votes_of_long_ago_make_a_page_too(page: Page, dashboard: RunningDashboard, house: House) -> None:
    at = datetime(2018, 12, 30, 12, tzinfo=UTC)
    cast(house, *(a_vote("a1", useful=n < 8, reader=f"r{n}", at=at - timedelta(days=n)) for n in range(12)))
    page.goto(dashboard.url)
    expect(page.locator("#live-period")).to_contain_text(
        f"Mon 3 Dec 2018 – Sun 30 Dec 2018, 28{FIXED}days in UTC · it ends with the day of the newest vote"
    )
    expect(votes_shown(page)).to_have_text("12")


def test_days_without_votes_for_articles_are_told_and_not_drawn_as_zero(
    page: Page, dashboard: RunningDashboard, house: House
) -> None:
    cast(house, *many("a1", 8, 12, section="whats-next"))
    page.goto(dashboard.url)
    expect(page.locator(".card.empty")).to_have_count(2)
    expect(page.locator(".card.empty").first).to_contain_text("No votes for articles as a whole")
    expect(page.locator(".kpi", has_text="Articles found useful").locator(".big")).to_have_text("–")
    page.get_by_role("link", name="Show all days").first.click()
    expect(page).to_have_url(f"{dashboard.url}/?days=all")
