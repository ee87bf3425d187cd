"""The generated pages of docs/reference say what the code says now."""

from __future__ import annotations

import pytest

from feedback_analytics.analytics import guide_text
from feedback_analytics.cli.reference import pages
from tests.architecture.rooms import ROOT

REFERENCE = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return pages()


def test_no_generated_page_is_stale(made: dict[str, bytes]) -> None:
    stale = [
        path
        for path, content in made.items()
        if not (REFERENCE / path).is_file() or (REFERENCE / path).read_bytes() != content
    ]
    assert stale == [], "run `make docs` and commit docs/reference"


def test_the_guide_to_reading_the_numbers_is_the_text_that_the_pages_show() -> None:
    copy = (ROOT / "docs" / "guides" / "how-to-read-these-numbers.md").read_text(encoding="utf-8")
    assert copy == guide_text(), "run `make docs`: src/feedback_analytics/analytics/guide.txt is the original"


def test_the_readme_leads_to_every_page_of_the_reference(made: dict[str, bytes]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [path for path in made if path.endswith(".md") and f"docs/reference/{path}" not in readme] == []
