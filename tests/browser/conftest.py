"""What all browser tests share: one chromium, and a folder for the pictures they take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import open_chromium

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
