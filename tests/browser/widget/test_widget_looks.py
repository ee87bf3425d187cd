"""How the widget and the sample site look: pictures in test-artifacts, and what can be told without eyes."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.widget.pages import answer, article_html, form, page_html
from tests.support.publisher import Publisher
from tests.support.service import Service

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]

PAPER = (
    "<style>:root { color-scheme: light dark } body { margin: 24px; max-width: 560px; font: 1rem/1.6 system-ui }"
    " h1 { display: none }</style>"
)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sample_site_with_the_widget_looks_as_designed(
    chromium: Browser, service: Service, artifacts: Path, scheme: Scheme, width: int
) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        device_scale_factor=2 if width < 500 else 1,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"{service.url}/demo/")
    page.screenshot(path=artifacts / f"widget-site-{scheme}-{width}.png", full_page=True)
    page.goto(f"{service.url}/demo/articles/no-such")
    page.screenshot(path=artifacts / f"widget-site-missing-{scheme}-{width}.png", full_page=True)
    page.goto(f"{service.url}/demo/articles/moss-clock")
    answer(form(page, "Do you find the section What’s Happening? useful?"), "Yes")
    section = form(page, "Do you find the section Why It’s Important? useful?")
    answer(section, "Yes")
    answer(section, "No")
    answer(form(page), "Yes")
    expect(form(page)).to_have_attribute("data-state", "voted")
    expect(section).to_have_attribute("data-state", "changed")
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=artifacts / f"widget-article-{scheme}-{width}.png", full_page=True)
    for address in (f"{service.url}/demo/", f"{service.url}/demo/articles/moss-clock"):
        page.goto(address)
        for narrow in (320, width):
            page.set_viewport_size({"width": narrow, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= narrow, "the page scrolls sideways"
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_of_the_form_looks_as_designed(
    chromium: Browser, service: Service, publisher: Publisher, artifacts: Path, scheme: Scheme
) -> None:
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    names = ["idle", "voted", "changed", "back", "x" * 201, "queued"]
    articles = [article_html(f"looks-{scheme}-{name}", ["Why"]) for name in names]
    page.goto(publisher.publish("/states", page_html(service, PAPER, *articles)))
    large, small = form(page), form(page, "Do you find the section Why useful?")
    for forms in (large, small):
        for place in (1, 2, 3, 4):
            answer(forms.nth(place), "Yes")
        answer(forms.nth(2), "No")
        forms.nth(3).get_by_role("button", name="Take back my answer").click()
    expect(small.nth(3)).to_have_attribute("data-state", "back")
    expect(small.nth(4)).to_have_attribute("data-state", "refused")
    context.set_offline(True)
    answer(large.nth(5), "Yes")
    answer(small.nth(5), "Yes")
    expect(small.nth(5)).to_have_attribute("data-state", "queued")
    states = [large.nth(place).get_attribute("data-state") for place in range(6)]
    assert states == ["idle", "voted", "changed", "back", "refused", "queued"]
    page.keyboard.press("Tab")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=artifacts / f"widget-states-{scheme}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
    context.close()
