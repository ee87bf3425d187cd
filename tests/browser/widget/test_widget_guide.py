"""The guide that tells publishers how to embed the widget is right, to the letter."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.widget.conftest import Arrived
from tests.browser.widget.pages import answer, expect_answer, form
from tests.support.publisher import Publisher
from tests.support.service import Service

pytestmark = pytest.mark.browser

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "embed-the-widget.md"


def snippets(language: str, service: Service) -> list[str]:
    """The guide's blocks of a language, with the address of the real service."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [block.replace("https://feedback.example", service.url) for block in blocks]


def test_a_page_made_of_the_guide_s_markup_under_its_policy_takes_votes(
    page: Page, service: Service, publisher: Publisher, arrived: Arrived
) -> None:
    html = "<!doctype html><title>A page</title>" + "".join(snippets("html", service))
    (policy,) = snippets("text", service)
    headers = {"content-security-policy": f"default-src 'none'; {policy.strip()}"}
    page.goto(publisher.publish("/guide", html, headers))
    answer(form(page), "Yes")
    answer(form(page, "Do you find the section What’s Next? useful?"), "No")
    expect_answer(form(page), "Yes", "Thank you. Your answer counts.")
    article, section = sorted(arrived("harbour-tunnel", 2), key=lambda vote: vote.data.section_id or "")
    assert (article.data.vote, article.data.article_version) == ("useful", 3)
    assert (section.data.vote, section.data.section_id) == ("not_useful", "whats-next")


def test_the_guide_s_custom_properties_are_the_ones_the_stylesheet_reads(
    page: Page, service: Service, publisher: Publisher
) -> None:
    (css,) = snippets("css", service)
    named = set(re.findall(r"--feedback-\w+", css))
    read = set(re.findall(r"--feedback-\w+", page.request.get(f"{service.url}/widget.css").text()))
    assert named == read


def test_an_article_that_comes_later_is_found_by_the_guide_s_line(
    page: Page, service: Service, publisher: Publisher
) -> None:
    article, script = snippets("html", service)
    page.goto(publisher.publish("/later", "<!doctype html><title>A page</title>" + article + script))
    expect(form(page)).to_have_count(1)
    page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", article)
    page.evaluate(snippets("js", service)[0])
    expect(form(page)).to_have_count(2)
