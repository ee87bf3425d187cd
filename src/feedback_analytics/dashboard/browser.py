"""The browser of this machine, which draws pictures and prints pages."""

from __future__ import annotations

import os
import shutil

from feedback_analytics.errors import QueryError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
"""Programs that draw and print, best first; the variable BROWSER_PATH names another one."""


def find_browser(wanted: str) -> str:
    """Where it is. wanted begins the error: `pdf is printed`. Raises QueryError where none is installed."""
    named = os.environ.get("BROWSER_PATH")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        where = f"BROWSER_PATH names {named}, which is no program" if named else "it is not installed"
        raise QueryError(f"{wanted} by Chromium, and {where}: run `apt install chromium`. html needs no browser.")
    return found
