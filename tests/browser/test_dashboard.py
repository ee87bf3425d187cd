"""The dashboard as a person meets it: what it says, how it moves about, and what it looks like."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from feedback_analytics.analytics import Lake
from feedback_analytics.store import open_reader
from tests.browser.pictures import take_guide_picture, take_pictures
from tests.support.dashboard import RunningDashboard
from tests.support.house import House
from tests.support.newsroom import STORIES

pytestmark = pytest.mark.browser
PAGES = (
    "/",
    "/articles",
    "/articles/harbour-tunnel",
    "/sections",
    "/compare",
    "/alerts",
    "/health",
    "/events",
    "/help",
)
UPDATES = re.compile("/_dash-update-component")
NARROW, FIXED = "\u202f", "\u00a0"


@pytest.fixture
def house(newsroom: House) -> House:
    return newsroom


@pytest.fixture
def dashboard(shown: RunningDashboard) -> RunningDashboard:
    return shown


@pytest.fixture
def page(window: Page) -> Page:
    return window


def plain(text: str | None) -> str:
    return (text or "").replace(NARROW, " ").replace(FIXED, " ")


def test_the_overview_says_what_analytics_answers(page: Page, dashboard: RunningDashboard, house: House) -> None:
    with Lake(open_reader(house.settings)) as lake:
        total = lake.ask("overview").set_index("target").loc["article"]
    page.goto(dashboard.url)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    figure = page.locator(".kpi", has_text="Articles found useful")
    assert plain(figure.locator(".big").text_content()) == f"{100 * total.useful_share:.1f} %"
    assert f"{int(total.votes):,} votes" in plain(figure.locator(".range").text_content())
    assert "UTC" in (page.locator("#live-period").text_content() or "")


def test_the_overview_opens_with_what_to_fix_first(page: Page, dashboard: RunningDashboard) -> None:
    page.goto(dashboard.url)
    first = page.locator(".fix li").first
    expect(first).to_contain_text("Rewrite What’s Next? in Harbour tunnel opens two years late")
    assert "95 % interval" in plain(first.get_by_role("img").get_attribute("aria-label"))


def test_every_share_in_the_ranking_has_its_interval_and_its_votes(page: Page, dashboard: RunningDashboard) -> None:
    page.goto(f"{dashboard.url}/articles")
    rows = page.locator("#live-rows tbody tr")
    expect(rows).to_have_count(len(STORIES))
    for text in rows.all_text_contents():
        assert "votes" in text and ("–" in text or " of " in text)


@pytest.mark.parametrize("path", ["/", "/articles/harbour-tunnel"])
def test_every_card_tells_its_period_and_as_of_and_charts_and_tables_their_votes(
    page: Page, dashboard: RunningDashboard, path: str
) -> None:
    page.goto(dashboard.url + path)
    expect(page.locator("#live-trend-foot")).to_be_visible()
    for foot in page.locator(".card > footer").all_text_contents():
        assert "UTC" in foot and "as of" in foot
    counted = ("fix", "trend", "articles") if path == "/" else ("trend", "outline")
    for name in counted:
        expect(page.locator(f"#live-{name}-foot")).to_contain_text(f"{FIXED}votes")


def test_verdicts_are_words_and_not_only_colours(page: Page, dashboard: RunningDashboard) -> None:
    page.goto(f"{dashboard.url}/articles")
    rows = page.locator("#live-rows tr")
    expect(rows.filter(has_text="What the new tenancy law").locator(".chip")).to_have_text("better")
    expect(rows.filter(has_text="A quieter airport").locator(".chip")).to_have_text("worse")
    expect(rows.filter(has_text="Flu jabs").locator(".chip")).to_have_text("too few votes")
    expect(rows.filter(has_text="Flu jabs").locator(".share")).to_contain_text(" of 8")


def test_the_foot_tells_the_ledgers_balance(page: Page, dashboard: RunningDashboard) -> None:
    page.goto(dashboard.url)
    foot = page.locator("#live-foot")
    expect(foot).to_contain_text("Ledger balances")
    expect(foot).to_contain_text("stored + 0 duplicate + 0 dead + 0 moved")
    expect(foot).to_contain_text("0 behind in the log")


def test_the_period_is_kept_in_the_address_and_back_leads_back(page: Page, dashboard: RunningDashboard) -> None:
    page.goto(dashboard.url)
    page.get_by_role("link", name="7 days").click()
    expect(page).to_have_url(f"{dashboard.url}/?days=7")
    expect(page.locator("#live-period")).to_contain_text(f"7{FIXED}days in UTC")
    page.go_back()
    expect(page.locator("#live-period")).to_contain_text(f"28{FIXED}days in UTC")
    page.goto(f"{dashboard.url}/?days=all")
    expect(page.get_by_role("link", name="All days")).to_have_attribute("aria-current", "true")


def test_an_article_shows_its_sections_where_the_reader_stands(page: Page, dashboard: RunningDashboard) -> None:
    page.goto(f"{dashboard.url}/articles?days=90&sort=worst")
    page.locator("#live-rows").get_by_role("link", name="Harbour tunnel opens two years late").click()
    expect(page).to_have_url(f"{dashboard.url}/articles/harbour-tunnel?days=90")
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbour tunnel opens two years late")
    expect(page).to_have_title("Harbour tunnel opens two years late · feedback analytics")
    headings = page.locator("#live-outline h3").all_text_contents()
    assert headings == [
        "The article as a whole",
        "1. What’s Happening?",
        "2. Why It’s Important?",
        "3. What’s Next?",
        "4. Beyond the Headlines",
    ]
    expect(page.locator("#live-outline li", has_text="3. What’s Next?").locator(".chip")).to_have_text("worse")
    expect(page.get_by_text("AI Generated Content")).to_be_visible()
    expect(page.locator("#live-trend")).to_contain_text("new version")
    expect(page.locator("#live-versions")).to_contain_text("Version 2 after 1")


def test_the_chart_has_its_table_one_key_away(page: Page, dashboard: RunningDashboard) -> None:
    page.goto(dashboard.url)
    summary = page.locator(".steps-table summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#live-trend-rows tr").first).to_be_visible()


@pytest.mark.parametrize("path", ["/?days=7", "/articles/harbour-tunnel?days=7"])
def test_a_chart_over_time_has_the_period_before_dashed_named_and_in_its_table(
    page: Page, dashboard: RunningDashboard, path: str
) -> None:
    page.goto(dashboard.url + path)
    says = page.locator("#live-trend-says")
    expect(says).to_contain_text(re.compile(r"1.week before, .* it was .*% of .*votes .*, the dashed line"))
    expect(page.locator("#live-trend")).to_contain_text(re.compile("dashed: 1.week before"))
    expect(page.locator("#live-trend .scatterlayer path.js-line[style*=dasharray]")).to_have_count(1)
    page.locator(".steps-table summary").click()
    table = page.locator(".steps-table")
    expect(table.get_by_role("columnheader", name="1 week before")).to_be_visible()
    cell = table.locator("tbody tr").last.locator("td").last
    votes = plain(cell.locator("a").text_content())
    page.goto(f"{dashboard.url}{cell.locator('a').get_attribute('href')}&most=1000")
    expect(page.locator("#live-events-says")).to_contain_text(f"Answers that stand: {votes},")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        (
            "/?days=banana",
            "days = 'banana' is not possible: a number of days from 1 to 36,500, or all.",
        ),
        ("/articles?sort=%3Cb%3E", "sort = '<b>' is not possible: worst, best, votes, title"),
        ("/articles/no-such", "No article with the id “no-such”"),
        ("/nowhere", "There is no page at /nowhere."),
    ],
)
def test_a_hand_made_address_gets_a_sentence(page: Page, dashboard: RunningDashboard, path: str, sentence: str) -> None:
    page.goto(dashboard.url + path)
    expect(page.get_by_text(sentence)).to_be_visible()
    periods = page.get_by_role("group", name="Period")
    expect(periods).to_have_count(1 if "?" in path else 0)


def test_the_theme_follows_the_system_until_one_is_chosen(chromium: Browser, dashboard: RunningDashboard) -> None:
    context = chromium.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(dashboard.url)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="Dark").click()
    expect(page.get_by_role("button", name="Light")).to_be_visible()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    context.close()


def test_a_late_answer_for_the_former_theme_does_not_stay(chromium: Browser, dashboard: RunningDashboard) -> None:
    context = chromium.new_context(color_scheme="dark")
    page = context.new_page()
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route(UPDATES, hold_the_first)
    with page.expect_request(UPDATES):
        page.goto(dashboard.url)
    page.emulate_media(color_scheme="light")
    expect(page.get_by_role("button", name="Dark")).to_be_visible()
    with page.expect_response(UPDATES):
        held[0].continue_()
    page.wait_for_function("() => document.getElementById('theme-button')?.textContent === 'Dark'")
    page.get_by_role("button", name="Dark").click()
    expect(page.get_by_role("button", name="Light")).to_be_visible()
    context.close()


def test_a_late_answer_for_a_former_address_does_not_stay(chromium: Browser, dashboard: RunningDashboard) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{dashboard.url}/articles")
    expect(page.get_by_role("combobox", name="Verdict")).to_have_value("")
    held: list[Route] = []

    def hold_one(route: Route) -> None:
        if held or "sort=votes" not in (route.request.post_data or ""):
            route.continue_()
        else:
            held.append(route)

    page.route(UPDATES, hold_one)
    page.get_by_role("combobox", name="Order").select_option("votes")
    expect(page).to_have_url(f"{dashboard.url}/articles?sort=votes")
    page.get_by_role("combobox", name="Verdict").select_option("worse")
    expect(page.locator("#live-rows tr[data-row] .chip")).to_have_text(["worse"] * 4)
    with page.expect_response(UPDATES):
        held[0].continue_()
    page.wait_for_timeout(500)
    expect(page.get_by_role("combobox", name="Verdict")).to_have_value("worse")
    expect(page.locator("#live-rows tr[data-row] .chip")).to_have_text(["worse"] * 4)
    context.close()


def test_the_pages_can_be_used_by_keyboard_alone(page: Page, dashboard: RunningDashboard) -> None:
    page.goto(dashboard.url)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the numbers")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{dashboard.url}/articles/harbour-tunnel")
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbour tunnel opens two years late")


@pytest.mark.parametrize("width", [320, 390, 768, 1024])
def test_nothing_scrolls_sideways_on_narrow_screens(page: Page, dashboard: RunningDashboard, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for path in PAGES:
        page.goto(dashboard.url + path)
        expect(page.locator("main .grid .card").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


PICTURES = {
    "overview": "/",
    "articles": "/articles",
    "sections-ranked": "/articles?of=sections&days=7",
    "sections": "/sections",
    "compare": "/compare",
    "alerts": "/alerts",
    "health": "/health",
    "events": "/events?of=articles&article_id=flu-jabs",
    "help": "/help",
    "all-days": "/?days=all",
    "filtered-to-nothing": "/?topic=Nothing&days=7",
    "article": "/articles/harbour-tunnel",
    "article-few-votes": "/articles/flu-jabs",
    "no-such-article": "/articles/no-such",
    "bad-query": "/?days=banana",
}


@pytest.mark.parametrize(("name", "path"), PICTURES.items(), ids=PICTURES)
def test_pictures_of_the_pages(page: Page, dashboard: RunningDashboard, pictures: Path, name: str, path: str) -> None:
    page.goto(dashboard.url + path)
    take_pictures(page, pictures, name)


GUIDE = Path(__file__).parents[2] / "docs" / "guides"
GUIDE_PICTURES = {name: PICTURES[name] for name in ("overview", "article", "sections", "compare", "health")}


@pytest.mark.parametrize(("name", "path"), GUIDE_PICTURES.items(), ids=GUIDE_PICTURES)
def test_pictures_of_the_guide(page: Page, dashboard: RunningDashboard, pictures: Path, name: str, path: str) -> None:
    page.goto(dashboard.url + path)
    take_guide_picture(page, pictures, name)
    assert (GUIDE / "pictures" / f"{name}.png").is_file(), "run `make pictures` and commit docs/guides/pictures"
    assert f"](pictures/{name}.png)" in (GUIDE / "product-teams.md").read_text()
