"""Prints a report as PDF, by the machine's Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from feedback_analytics.errors import QueryError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
"""Programs that print, best first; the variable BROWSER_PATH names another one."""

PRINTING_SECONDS = 60


def print_pdf(html: str, file: Path) -> None:
    """Write the page as PDF, whole or not at all. Raises QueryError where no Chromium is installed or it fails."""
    named = os.environ.get("BROWSER_PATH")
    browser = shutil.which(named) if named else next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise QueryError(
            "pdf is printed by Chromium, and none is installed: run `apt install chromium`. html needs no browser."
        )
    with tempfile.TemporaryDirectory(prefix="feedback-report-") as folder:
        page, printed = Path(folder) / "report.html", Path(folder) / "report.pdf"
        page.write_text(html, encoding="utf-8")
        command = [
            browser,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--no-pdf-header-footer",
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={printed}",
            page.as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, timeout=PRINTING_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise QueryError(f"{browser} did not print the report: {error}. html needs no browser.") from error
        if not printed.exists():
            told = " ".join(done.stderr.decode(errors="replace").split())[-300:]
            raise QueryError(f"{browser} did not print the report: {told}. html needs no browser.")
        shutil.move(printed, file)
