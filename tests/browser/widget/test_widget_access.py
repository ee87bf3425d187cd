"""The widget by keyboard and by screen reader, and the label of machine-made articles."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.widget.conftest import Arrived
from tests.browser.widget.pages import article_html, expect_answer, form, page_html
from tests.support.publisher import Publisher
from tests.support.service import Service

pytestmark = pytest.mark.browser


def test_a_reader_with_only_a_keyboard_can_vote_change_and_take_back(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id))))
    expect(form(page)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Yes", exact=True)).to_be_focused()
    page.keyboard.press("Space")
    expect_answer(form(page), "Yes", "Thank you. Your answer counts.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect_answer(form(page), "No", "Changed. Your last answer counts.")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Take back my answer")).to_be_focused()
    page.keyboard.press("Enter")
    expect_answer(form(page), None, "Taken back. It no longer counts.")
    expect(page.get_by_role("button", name="Yes", exact=True)).to_be_focused()
    assert [vote.data.vote for vote in arrived(article_id, 3)] == ["useful", "not_useful", "retracted"]


def test_focus_is_shown(page: Page, service: Service, publisher: Publisher, article_id: str) -> None:
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id))))
    expect(form(page)).to_be_visible()
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outline")
    assert "solid" in outline and "3px" in outline


def test_a_screen_reader_hears_the_whole_question_of_a_section_and_each_button_once(
    page: Page, service: Service, publisher: Publisher, article_id: str
) -> None:
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id, ["What Next"]))))
    expect(form(page)).to_be_visible()
    assert page.locator(".feedback-widget.small").aria_snapshot() == (
        '- group "Do you find the section What Next useful?":\n  - button "Yes"\n  - button "No"\n  - status'
    )


def test_what_the_form_says_is_announced_politely_and_in_english(
    page: Page, service: Service, publisher: Publisher, article_id: str
) -> None:
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id)).replace('"en-GB"', '"de"')))
    expect(form(page).get_by_role("status")).to_be_attached()
    expect(form(page)).to_have_attribute("lang", "en")


def test_touch_targets_are_at_least_44_pixels_high(
    page: Page, service: Service, publisher: Publisher, article_id: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id, ["Why"]))))
    buttons = page.get_by_role("button", name="Yes", exact=True)
    expect(buttons).to_have_count(2)
    for button in buttons.all():
        box = button.bounding_box()
        assert box is not None
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        for edge in (-21, 21):
            hit = page.evaluate(
                "([x, y]) => document.elementFromPoint(x, y)?.closest('button')?.innerText",
                [middle[0], middle[1] + edge],
            )
            assert hit == "Yes"


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_nothing_moves_when_an_answer_is_given(
    page: Page, service: Service, publisher: Publisher, article_id: str, width: int
) -> None:
    phone = '<meta name="viewport" content="width=device-width">'
    font = "<style>body { margin: 24px; font: 16px Inter, sans-serif }</style>"
    after = "<p id=after>After</p>"
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(publisher.publish("/a", page_html(service, phone, font, article_html(article_id, ["Why"]), after)))
    places = (
        "Array.from(document.querySelectorAll('button[data-vote] span, :not(.small) > .question, #after'),"
        " node => node.getBoundingClientRect().toJSON())"
    )
    expect(form(page)).to_be_visible()
    before = page.evaluate(places)
    for button in page.get_by_role("button", name="No", exact=True).all():
        button.click()
    expect(form(page)).to_have_attribute("data-state", "voted")
    assert page.evaluate(places) == before
    page.context.set_offline(True)
    for button in page.get_by_role("button", name="Yes", exact=True).all():
        button.click()
    expect(form(page)).to_have_attribute("data-state", "queued")
    assert page.evaluate(places) == before


def test_an_article_made_by_a_machine_says_so_where_the_page_has_a_place_for_it(
    page: Page, service: Service, publisher: Publisher, article_id: str
) -> None:
    placed = article_html(article_id, attributes="data-feedback-ai").replace(
        "<h1>", "<p>3 November <span data-feedback-label></span></p><h1>"
    )
    page.goto(publisher.publish("/a", page_html(service, placed)))
    expect(page.locator("p [data-feedback-label]")).to_have_text("AI Generated Content")


def test_an_article_made_by_a_machine_says_so_at_its_top_where_there_is_no_place_for_it(
    page: Page, service: Service, publisher: Publisher, article_id: str
) -> None:
    articles = [
        article_html(f"{article_id}-ai", attributes="data-feedback-ai"),
        article_html(f"{article_id}-false", attributes='data-feedback-ai="false"'),
        article_html(f"{article_id}-none"),
    ]
    page.goto(publisher.publish("/a", page_html(service, *articles)))
    expect(form(page)).to_have_count(3)
    expect(page.get_by_text("AI Generated Content")).to_have_count(1)
    assert (
        page.locator("article").first.evaluate("node => node.firstElementChild.textContent") == "AI Generated Content"
    )


def test_the_page_s_own_rules_for_buttons_do_not_reach_the_widget(
    page: Page, service: Service, publisher: Publisher, article_id: str
) -> None:
    rules = (
        "<style>button { background: red; text-transform: uppercase; width: 100%; font: 40px serif; float: right }"
        "</style>"
    )
    page.goto(publisher.publish("/a", page_html(service, rules + article_html(article_id))))
    yes = form(page).get_by_role("button", name="Yes", exact=True)
    style = yes.evaluate(
        "n => { const s = getComputedStyle(n); return [s.backgroundColor, s.textTransform, s.float, s.fontSize] }"
    )
    assert style == ["rgba(0, 0, 0, 0)", "none", "none", "16px"]
