"""Publishers' pages, and what a reader does on them."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.sync_api import Locator, Page, expect

from tests.support.service import Service


def article_html(article_id: str, sections: Sequence[str] = (), attributes: str = "") -> str:
    """An article with sections, marked for the widget; section ids are their headings in lower case."""
    parts = "".join(
        f'<section data-feedback-section="{heading.lower().replace(" ", "-")}"><h2>{heading}</h2><p>Text.</p></section>'
        for heading in sections
    )
    return (
        f'<article data-feedback-article="{article_id}" {attributes}><h1>An article</h1><p>Text.</p>{parts}</article>'
    )


def page_html(service: Service, *articles: str, script: str = "async") -> str:
    """A page with the widget's one script tag at its head."""
    tag = f'<script {script} src="{service.url}/widget.js"></script>'
    head = f'<!doctype html><html lang="en-GB"><head><title>A page</title>{tag}</head>'
    return f"{head}<body>{''.join(articles)}</body></html>"


def form(page: Page, question: str = "Do you find this article useful?") -> Locator:
    """The form that asks a question, found as a screen reader finds it."""
    return page.get_by_role("group", name=question)


def answer(form: Locator, word: str) -> None:
    form.get_by_role("button", name=word, exact=True).click()


def expect_answer(form: Locator, word: str | None, says: str) -> None:
    """What the form shows: the answer that is pressed, None for none, and what it says."""
    for button in ("Yes", "No"):
        pressed = "true" if button == word else "false"
        expect(form.get_by_role("button", name=button, exact=True)).to_have_attribute("aria-pressed", pressed)
    expect(form.get_by_role("status")).to_have_text(says)


def expect_nothing_waits(page: Page) -> None:
    """Sooner or later the browser keeps no event: the service has answered each, and the page has heard it."""
    page.wait_for_function("!Object.keys(localStorage).some(key => key.startsWith('feedback:q:'))")


def waiting_events(page: Page) -> list[str]:
    """The bytes of events that this browser keeps because the service has not answered them."""
    waiting: list[str] = page.evaluate(
        "Object.keys(localStorage).filter(key => key.startsWith('feedback:q:')).sort().map(key => localStorage[key])"
    )
    return waiting
