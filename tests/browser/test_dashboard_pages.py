"""Every page of the dashboard: its address, its links, its files, its policy, and who can use it."""

from __future__ import annotations

import gzip
import io
import re
import urllib.request
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response, expect
from pyarrow import csv, parquet

from feedback_analytics.analytics import Lake, question_named
from feedback_analytics.store import open_reader
from tests.browser.pictures import show
from tests.support.accessibility import serious_findings
from tests.support.dashboard import RunningDashboard
from tests.support.house import House

pytestmark = pytest.mark.browser
PAGES = {
    "/": "Overview",
    "/articles": "Articles",
    "/articles/harbour-tunnel": "Harbour tunnel opens two years late",
    "/sections": "Sections",
    "/compare": "Compare",
    "/alerts": "Alerts",
    "/health": "Data health",
    "/events": "Events behind a number",
    "/help": "How to read these numbers",
}
MOST_BYTES = 300_000
"""Of a first page without Plotly, as it travels."""


def is_drawn(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator(".waits")).to_have_count(0)


def test_the_pages_at_the_top_lead_to_each_other_and_keep_the_filters(window: Page, shown: RunningDashboard) -> None:
    window.goto(f"{shown.url}/?days=90&topic=Cities")
    pages = window.get_by_role("navigation", name="Pages")
    for name, path in (
        ("Articles", "/articles"),
        ("Compare", "/compare"),
        ("Data health", "/health"),
        ("Overview", "/"),
    ):
        pages.get_by_role("link", name=name).click()
        expect(window).to_have_url(f"{shown.url}{path}?days=90&topic=Cities")
        expect(window.get_by_role("heading", level=1)).to_have_text(name)
        expect(pages.locator("[aria-current=page]")).to_have_text(name)


def test_a_filter_is_chosen_told_removed_and_back_leads_back(
    window: Page, shown: RunningDashboard, newsroom: House
) -> None:
    with Lake(open_reader(newsroom.settings)) as lake:
        cities = int(lake.ask("overview", topic="Cities")["votes"].sum())
    window.goto(shown.url)
    window.get_by_role("combobox", name="Topic").select_option("Cities")
    expect(window).to_have_url(f"{shown.url}/?topic=Cities")
    expect(window.locator("#live-votes-big")).to_have_text(f"{cities:,}")
    expect(window.locator("#live-trend-foot")).to_contain_text("topic: Cities")
    expect(window.get_by_role("combobox", name="Topic")).to_be_focused()
    window.get_by_text("+ Filter").click()
    window.get_by_role("textbox", name="Device").fill("mobile")
    window.get_by_role("textbox", name="Device").press("Enter")
    expect(window).to_have_url(f"{shown.url}/?topic=Cities&device=mobile")
    window.get_by_role("link", name="Device: mobile").click()
    expect(window).to_have_url(f"{shown.url}/?topic=Cities")
    window.go_back()
    expect(window.get_by_role("link", name="Device: mobile")).to_be_visible()
    window.go_forward()
    expect(window.locator("#live-votes-big")).to_have_text(f"{cities:,}")


def test_an_address_sent_to_a_colleague_shows_the_same_page(
    window: Page, chromium: Browser, shown: RunningDashboard
) -> None:
    window.goto(f"{shown.url}/articles")
    window.get_by_role("combobox", name="Order").select_option("votes")
    expect(window).to_have_url(f"{shown.url}/articles?sort=votes")
    window.get_by_role("combobox", name="Verdict").select_option("worse")
    expect(window).to_have_url(f"{shown.url}/articles?sort=votes&verdict=worse")
    expect(window.locator("#live-rows tr[data-row] .chip")).to_have_text(["worse"] * 4)
    window.get_by_role("searchbox", name="Find in title").fill("a")
    window.get_by_role("button", name="Find").click()
    expect(window).to_have_url(f"{shown.url}/articles?sort=votes&verdict=worse&find=a")
    rows = window.locator("#live-rows tr[data-row] .ttl")
    seen = rows.all_text_contents()
    colleague = chromium.new_page()
    colleague.goto(window.url)
    expect(colleague.locator("#live-rows tr[data-row] .ttl")).to_have_text(seen)
    expect(colleague.get_by_role("combobox", name="Verdict")).to_have_value("worse")
    colleague.close()


def test_an_earlier_state_is_shown_as_it_was_known(window: Page, shown: RunningDashboard) -> None:
    window.goto(f"{shown.url}/?as_of=2020-01-01")
    expect(window.locator("#live-fresh")).to_contain_text("As known at a time before all votes")
    expect(window.locator("#live-votes-big")).to_have_text("0")
    window.get_by_role("link", name="Back to now").click()
    expect(window.locator("#live-fresh")).to_contain_text("Live · as of")
    window.goto(f"{shown.url}/?as_of=nonsense")
    expect(window.locator(".banner.note", has_text="nonsense")).to_be_visible()


def test_a_number_leads_to_the_events_behind_it(window: Page, shown: RunningDashboard, newsroom: House) -> None:
    window.goto(f"{shown.url}/articles")
    row = window.locator("#live-rows tr[data-row]", has_text="Flu jabs")
    votes = row.locator(".votes").inner_text()
    row.locator(".votes a").click()
    is_drawn(window, "Events behind a number")
    expect(window.locator("#live-events tbody tr")).to_have_count(int(votes))
    expect(window.locator("#live-events tbody tr").first).to_contain_text("feedback.votes.v1[")
    with Lake(open_reader(newsroom.settings)) as lake:
        one = lake.ask("events_behind", article_id="flu-jabs", of="articles").iloc[0]
    expect(window.locator("#live-events tbody tr").first).to_contain_text(str(one["event_id"]))


@pytest.mark.parametrize("path", ["/", "/articles/harbour-tunnel", "/compare", "/sections"])
def test_every_link_to_events_leads_to_some(window: Page, shown: RunningDashboard, path: str) -> None:
    window.goto(shown.url + path)
    is_drawn(window, PAGES[path])
    hrefs = window.locator("main a[href^='/events']").evaluate_all(
        "links => links.map(one => one.getAttribute('href'))"
    )
    kinds = {tuple(sorted(parse_qs(urlsplit(href).query))): href for href in hrefs}
    assert len(hrefs) > 3
    for href in kinds.values():
        window.goto(shown.url + href)
        expect(window.locator("#live-events tbody tr").first).to_be_visible()


def test_each_cards_files_hold_the_numbers_that_the_page_shows(window: Page, shown: RunningDashboard) -> None:
    window.goto(f"{shown.url}/articles?days=90")
    expect(window.locator("#live-rows tr[data-row]").first).to_be_visible()
    titles = window.locator("#live-rows tr[data-row] .ttl").all_text_contents()
    links = window.locator("#live-rows-links")
    as_csv = urllib.request.urlopen(
        shown.url + (links.get_by_role("link", name="CSV").get_attribute("href") or "")
    ).read()
    assert csv.read_csv(io.BytesIO(as_csv))["title"].to_pylist() == titles
    href = links.get_by_role("link", name="Parquet").get_attribute("href") or ""
    table = parquet.read_table(io.BytesIO(urllib.request.urlopen(shown.url + href).read()))
    assert table["title"].to_pylist() == titles
    assert "as_of=" in href and "since=" in href and b"feedback" in table.schema.metadata


@pytest.mark.parametrize("path", ["/", "/articles", "/articles/harbour-tunnel", "/sections", "/compare", "/health"])
def test_every_card_of_numbers_has_a_sentence_files_and_what_the_numbers_mean(
    window: Page, shown: RunningDashboard, path: str
) -> None:
    window.goto(shown.url + path)
    is_drawn(window, PAGES[path])
    with_files = window.locator(".card", has=window.get_by_role("link", name="Parquet"))
    assert with_files.count() > 0
    for number in range(with_files.count()):
        card = with_files.nth(number)
        said = card.locator(".says, .lead, ol p").first
        assert (said.text_content() or "").strip(), card.inner_text()
        assert card.get_by_role("link", name="CSV").count() == 1
        foot = card.locator("footer").inner_text()
        assert "UTC" in foot and "as of" in foot, foot
    for name in window.locator(".js-plotly-plot").all():
        card = window.locator(".card", has=name)
        expect(card.locator(".steps-table")).to_have_count(1)


def test_what_a_number_means_is_one_key_away_in_the_words_of_the_reference(
    window: Page, shown: RunningDashboard
) -> None:
    window.goto(f"{shown.url}/sections")
    card = window.locator(".card", has=window.locator("#live-map"))
    summary = card.get_by_text("How to read this")
    summary.focus()
    window.keyboard.press("Enter")
    meaning = next(one.meaning for one in question_named("section_map").columns if one.name == "expected_share")
    expect(card.locator(".meaning")).to_contain_text(meaning, ignore_case=True)
    card.get_by_role("link", name="More in How to read these numbers").click()
    is_drawn(window, "How to read these numbers")
    heading = window.get_by_role("heading", name="The net effect of a section")
    expect(heading).to_be_in_viewport()


def test_no_script_runs_but_the_services_own_files(chromium: Browser, shown: RunningDashboard) -> None:
    window = chromium.new_page()
    answer = window.goto(shown.url)
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy and "unsafe-eval" not in policy and "script-src 'self' 'unsafe" not in policy
    assert window.locator("script:not([src]):not([type='application/json'])").count() == 0
    expect(window.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    window.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hacked=1\">')")
    window.wait_for_timeout(200)
    assert window.evaluate("window.hacked") is None
    window.close()


def test_a_first_page_is_light_and_plotly_travels_packed(chromium: Browser, shown: RunningDashboard) -> None:
    context = chromium.new_context()
    page = context.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(shown.url)
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    weights = {answer.url: answer.request.sizes()["responseBodySize"] for answer in answers}
    plotly = {url: weight for url, weight in weights.items() if "plotly" in url}
    assert len(plotly) == 1 and 0 < sum(plotly.values()) < 1_700_000
    assert sum(weights.values()) - sum(plotly.values()) < MOST_BYTES
    assert not [url for url in weights if "dash_table" in url]
    context.close()


def test_packed_and_plain_are_the_same(shown: RunningDashboard) -> None:
    plain = urllib.request.urlopen(f"{shown.url}/assets/dashboard.css").read()
    asked = urllib.request.Request(f"{shown.url}/assets/dashboard.css", headers={"accept-encoding": "gzip"})
    packed = urllib.request.urlopen(asked)
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.read()) == plain


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
def test_axe_finds_nothing_serious_on_any_page(window: Page, shown: RunningDashboard, theme: str, width: int) -> None:
    found = {}
    for path, title in PAGES.items():
        window.goto(shown.url + path)
        is_drawn(window, title)
        show(window, theme, width)  # type: ignore[arg-type]
        if findings := serious_findings(window):
            found[path] = findings
    assert found == {}


def test_the_numbers_of_the_map_lead_to_the_events_behind_them(window: Page, shown: RunningDashboard) -> None:
    window.goto(f"{shown.url}/sections")
    votes = window.locator(".detail dd").first.get_by_role("link", name="votes")
    number = (votes.text_content() or "").split("\u00a0")[0]
    window.goto(f"{shown.url}{votes.get_attribute('href')}&most=1000")
    expect(window.locator("#live-events-says")).to_contain_text(f": {number}, of which")
    window.goto(f"{shown.url}/sections")
    window.get_by_role("link", name="readers a week, Harbour tunnel").click()
    expect(window).to_have_url(re.compile(r"/events\?.*article_id=harbour-tunnel"))
    expect(window.locator("#live-events-says")).to_contain_text("Answers that stand: ")


def test_the_map_is_walked_by_arrows_and_enter_chooses(window: Page, shown: RunningDashboard) -> None:
    window.goto(f"{shown.url}/sections")
    window.locator("table.map a.cell[tabindex='0']").focus()
    first = window.evaluate("document.activeElement.getAttribute('aria-label')")
    window.keyboard.press("ArrowDown")
    second = window.evaluate("document.activeElement.getAttribute('aria-label')")
    window.keyboard.press("ArrowUp")
    assert window.evaluate("document.activeElement.getAttribute('aria-label')") == first != second
    window.keyboard.press("ArrowDown")
    window.keyboard.press("Enter")
    expect(window).to_have_url(re.compile(r"/sections\?cell="))
    heading = second.split(",")[0]
    expect(window.locator(".detail h3")).to_have_text(heading)
    expect(window.locator("a.cell.chosen")).to_be_focused()


def test_every_control_is_reached_by_tab_and_shows_where_the_keyboard_is(window: Page, shown: RunningDashboard) -> None:
    for path in ("/", "/articles", "/alerts"):
        window.goto(shown.url + path)
        is_drawn(window, PAGES[path])
        reached: set[str] = set()
        for _ in range(40):
            window.keyboard.press("Tab")
            told = window.evaluate(
                "() => { const one = document.activeElement; const at = getComputedStyle(one);"
                " return [one.tagName, at.outlineStyle !== 'none' || one.id === 'main' || one.tagName === 'BODY'] }"
            )
            assert told[1], f"{path}: {told[0]} has the focus and does not show it"
            reached.add(told[0])
        assert {"A", "SELECT", "SUMMARY", "BUTTON"} <= reached


def test_on_paper_there_are_no_controls_and_the_address_is_in_the_foot(window: Page, shown: RunningDashboard) -> None:
    window.goto(f"{shown.url}/?days=90")
    is_drawn(window, "Overview")
    window.emulate_media(media="print")
    for hidden in ("nav[aria-label=Pages]", "#live-filters", "#theme-button", ".how", "#live-trend-links"):
        expect(window.locator(hidden).first).to_be_hidden()
    foot = window.evaluate("getComputedStyle(document.querySelector('.foot'), '::after').content")
    assert "/?days=90" in foot
    assert window.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_view_is_saved_under_a_name_found_by_a_colleague_and_removed(
    window: Page, chromium: Browser, shown: RunningDashboard
) -> None:
    window.goto(f"{shown.url}/articles?sort=votes&topic=Cities")
    window.get_by_text("Saved views").click()
    window.get_by_role("textbox", name="Save this page as").fill("Cities <b>by votes</b>")
    window.get_by_role("button", name="Save this page").click()
    expect(window.locator(".views .panel")).to_contain_text("Cities <b>by votes</b>")
    colleague = chromium.new_page()
    colleague.goto(shown.url)
    colleague.get_by_text("Saved views").click()
    colleague.get_by_role("link", name="Cities <b>by votes</b>").click()
    expect(colleague).to_have_url(f"{shown.url}/articles?sort=votes&topic=Cities")
    expect(colleague.get_by_role("heading", level=1)).to_have_text("Articles")  # drawn anew, the list is closed
    colleague.get_by_text("Saved views").click()
    colleague.get_by_role("button", name="Remove Cities").click()
    expect(colleague.locator(".views .panel")).to_contain_text("None yet.")
    colleague.close()


def test_a_marked_moment_stands_in_the_chart_and_in_its_list(window: Page, shown: RunningDashboard) -> None:
    day = datetime.now(UTC).date() - timedelta(days=5)
    window.goto(shown.url)
    window.get_by_text("Mark a moment").click()
    window.get_by_role("textbox", name="Day, or time with zone").fill("yesterday")
    window.get_by_role("textbox", name="What happened then").fill("Campaign <i>begins</i>")
    window.get_by_role("button", name="Mark a moment").click()
    expect(window.locator("#live-trend-marked .told").last).to_contain_text("marked_at = 'yesterday' is not possible")
    window.get_by_role("textbox", name="Day, or time with zone").fill(day.isoformat())
    window.get_by_role("button", name="Mark a moment").click()
    expect(window.locator("#live-trend-marked")).to_contain_text("Campaign <i>begins</i>")
    expect(window.locator("#live-trend .annotation-text", has_text="Campaign <i>begins</i>")).to_be_visible()
    window.goto(f"{shown.url}/articles/night-trains")
    expect(window.locator("#live-trend-marked")).to_contain_text("Marked moments: 1")
    window.get_by_text("Marked moments: 1").click()
    window.get_by_role("button", name="Remove Campaign").click()
    expect(window.locator("#live-trend-marked")).to_contain_text("Mark a moment")
