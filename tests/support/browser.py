"""Debian's chromium, driven by Playwright, for tests that look at pages as readers do.

with open_chromium() as browser:
    page = browser.new_page()
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

_ARGUMENTS = [
    "--no-sandbox",
    # Chromium refuses to run as root otherwise, and containers run tests as root.
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_FONTS = Path(__file__).with_name("fonts.conf")


def chromium_path() -> str:
    """Where chromium is. Raises RuntimeError that says what to install."""
    path = shutil.which("chromium")
    if path is None:
        raise RuntimeError("these tests need chromium: apt-get install chromium fonts-inter")
    return path


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """A headless browser; closed, with its processes, at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(),
            args=_ARGUMENTS,
            env={**os.environ, "FONTCONFIG_FILE": str(_FONTS)},
        )
        try:
            yield browser
        finally:
            browser.close()
