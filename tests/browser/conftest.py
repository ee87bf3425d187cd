"""What all browser tests share: one chromium, a newsroom with its dashboard, and a folder for their pictures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.browser import open_chromium
from tests.support.dashboard import RunningDashboard, running_dashboard
from tests.support.house import House
from tests.support.newsroom import STORIES, publish, vote

DEADLINE_MILLISECONDS = 60_000
# Generous: how fast a page is, benchmarks say; here other tests may have the cores.
expect.set_options(timeout=DEADLINE_MILLISECONDS)
PICTURES = Path(__file__).parents[2] / "test-artifacts" / "dashboard"


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Closed before the tests of other folders: while Playwright is open, this thread's event loop is its own."""
    with open_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def pictures() -> Path:
    PICTURES.mkdir(parents=True, exist_ok=True)
    return PICTURES


@pytest.fixture(scope="package")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A store with a month of votes, written once; open for writing to nobody, so that what people write gets in."""
    now = datetime.now(UTC)
    with House(tmp_path_factory.mktemp("newsroom")) as house:
        publish(house, STORIES, now)
        vote(house, STORIES, now)
        house.process_all()
        house.close()
        yield house


@pytest.fixture(scope="package")
def shown(newsroom: House) -> Iterator[RunningDashboard]:
    """The dashboard of the newsroom."""
    with running_dashboard(newsroom.settings) as dashboard:
        yield dashboard


@pytest.fixture(scope="package")
def visitor(chromium: Browser) -> Iterator[BrowserContext]:
    """One browser profile: Plotly is loaded once, as it is for a person who comes back."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    context.set_default_timeout(DEADLINE_MILLISECONDS)
    yield context
    context.close()


@pytest.fixture
def window(visitor: BrowserContext) -> Iterator[Page]:
    """A window of its own; what the page's scripts throw, or the policy stops, fails the test."""
    page = visitor.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda told: wrong.append(told.text) if "Content Security Policy" in told.text else None)
    yield page
    page.close()
    assert wrong == []
