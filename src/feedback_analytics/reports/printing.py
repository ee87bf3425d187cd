"""Prints a report as PDF, by the machine's Chromium."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from feedback_analytics.dashboard import find_browser
from feedback_analytics.errors import QueryError

PRINTING_SECONDS = 60


def print_pdf(html: str, file: Path) -> None:
    """Write the page as PDF, whole or not at all. Raises QueryError where no Chromium is installed or it fails."""
    browser = find_browser("pdf is printed")
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
