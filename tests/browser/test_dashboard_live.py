"""The dashboard while the store changes, stands still, falls behind or goes away."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from feedback_analytics.contract import ARTICLES_TOPIC
from feedback_analytics.dashboard import Live
from tests.browser.pictures import take_pictures
from tests.support.builders import a_vote, an_article, record_of
from tests.support.dashboard import RunningDashboard, running_dashboard
from tests.support.house import House
from tests.support.newsroom import STORIES, publish, vote

pytestmark = pytest.mark.browser
FIXED = "\u00a0"
QUIET_LOOKS = 3
"""Looks of a page at the store without a change of the page, until its charts count as drawn."""

DEADLINE_SECONDS = 60
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> {{7*7}} "quoted" & <b>bold</b>'


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
    page.goto(f"{dashboard.url}/?show=articles")
    rows = page.locator("#live-articles tr[data-row] .ttl")
    expect(rows).to_have_text(["a3", "a1", "a2"])
    cast(house, *many("a2", 0, 200, first=100))
    row = page.locator("#live-articles tr[data-row]", has_text="a2")
    expect(row.locator(".votes")).to_have_text("300")
    expect(rows).to_have_text(["a3", "a1", "a2"])
    page.get_by_role("button", name="moved · reorder").first.click()
    expect(rows).to_have_text(["a2", "a3", "a1"])
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


def test_titles_and_ids_from_outside_are_text_and_never_markup(
    page: Page, dashboard: RunningDashboard, house: House
) -> None:
    sections = [{"id": HOSTILE, "heading": HOSTILE}]
    told = {"topic": HOSTILE, "author": HOSTILE, "url": "javascript:window.hacked=1", "sections": sections}
    announce(house, an_article(HOSTILE, title=HOSTILE, **told))
    cast(house, *many(HOSTILE, 20, 40), *many(HOSTILE, 1, 40, section=HOSTILE), *many("b", 39, 40, section="s"))
    page.goto(dashboard.url)
    page.locator("#live-articles").get_by_role("link", name=HOSTILE, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    expect(page.locator("#live-outline h3").last).to_have_text(f"1. {HOSTILE}")
    expect(page.get_by_role("link", name="Read the article")).to_have_count(0)
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    assert page.evaluate("window.hacked") is None


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
    page.goto(f"{dashboard.url}/?show=articles")
    for title in NAMES.values():
        expect(page.locator("#live-articles").get_by_role("link", name=title, exact=True)).to_be_visible()
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
    page.goto(f"{dashboard.url}/?show=sections")
    expect(page.locator("#live-sections tr[data-row]")).to_have_count(500)
    cast(house, a_vote("a7", section="s3", reader="new"))
    expect(votes_shown(page)).to_have_text("1,001")
    row = page.locator("#live-sections tr[data-row]", has=page.locator("a[href='/articles/a7']"))
    expect(row).to_contain_text("3 of 3")


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
