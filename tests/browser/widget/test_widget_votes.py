"""A reader votes, changes the answer, takes it back; on one article or several, on any page that embeds the widget."""

import re
from collections.abc import Mapping
from html import escape

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.widget.conftest import Arrived
from tests.browser.widget.pages import answer, article_html, expect_answer, expect_nothing_waits, form, page_html
from tests.support.publisher import Publisher
from tests.support.service import Service

pytestmark = pytest.mark.browser

THANKS = "Thank you. Your answer counts."


def test_a_yes_is_in_the_log_with_all_that_the_page_says_of_the_article(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    page.goto(
        publisher.publish("/a", page_html(service, article_html(article_id, attributes='data-feedback-version="3"')))
    )
    expect_answer(form(page), None, "")
    answer(form(page), "Yes")
    expect_answer(form(page), "Yes", THANKS)
    (vote,) = arrived(article_id, 1)
    assert vote.source == publisher.url
    assert (vote.data.vote, vote.data.article_version, vote.data.section_id) == ("useful", 3, None)
    assert (vote.data.locale, vote.data.device) == ("en-GB", "desktop")
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{26}", vote.id)
    expect_nothing_waits(page)


def test_a_section_is_asked_for_by_its_heading_and_counted_by_its_id(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id, ["What Next", "Beyond"]))))
    section = form(page, "Do you find the section What Next useful?")
    answer(section, "No")
    expect_answer(section, "No", "Thank you.")
    expect_answer(form(page), None, "")
    (vote,) = arrived(article_id, 1)
    assert (vote.data.vote, vote.data.section_id) == ("not_useful", "what-next")


def test_the_other_answer_changes_the_vote_and_the_same_one_again_does_nothing(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id))))
    answer(form(page), "Yes")
    answer(form(page), "Yes")
    answer(form(page), "No")
    expect_answer(form(page), "No", "Changed. Your last answer counts.")
    first, second = arrived(article_id, 2)
    assert [first.data.vote, second.data.vote] == ["useful", "not_useful"]
    assert first.data.reader_key == second.data.reader_key
    assert first.time < second.time


def test_an_answer_that_is_taken_back_becomes_a_retraction_and_the_form_is_open_again(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id))))
    undo = form(page).get_by_role("button", name="Take back my answer")
    expect(undo).to_be_hidden()
    answer(form(page), "No")
    undo.click()
    expect_answer(form(page), None, "Taken back. It no longer counts.")
    expect(undo).to_be_hidden()
    expect(form(page).get_by_role("button", name="Yes", exact=True)).to_be_focused()
    assert [vote.data.vote for vote in arrived(article_id, 2)] == ["not_useful", "retracted"]


def test_a_reader_who_comes_back_finds_the_answer_and_can_change_it(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id))))
    answer(form(page), "Yes")
    expect_answer(form(page), "Yes", THANKS)
    page.reload()
    expect_answer(form(page), "Yes", THANKS)
    answer(form(page), "No")
    first, second = arrived(article_id, 2)
    assert first.data.reader_key == second.data.reader_key


def test_an_answer_in_one_tab_shows_in_the_other(
    reader: BrowserContext, service: Service, publisher: Publisher, article_id: str
) -> None:
    address = publisher.publish("/a", page_html(service, article_html(article_id)))
    one, other = reader.new_page(), reader.new_page()
    one.goto(address)
    other.goto(address)
    answer(form(one), "No")
    expect_answer(form(other), "No", THANKS)
    form(other).get_by_role("button", name="Take back my answer").click()
    expect_answer(form(one), None, "")


def test_two_articles_on_a_page_are_asked_for_apart(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    articles = [article_html(f"{article_id}-{name}", ["Why"]) for name in ("one", "two")]
    page.goto(publisher.publish("/list", page_html(service, *articles)))
    expect(form(page)).to_have_count(2)
    answer(form(page).nth(0), "Yes")
    answer(form(page, "Do you find the section Why useful?").nth(1), "No")
    (one,) = arrived(f"{article_id}-one", 1)
    (two,) = arrived(f"{article_id}-two", 1)
    assert (one.data.vote, one.data.section_id) == ("useful", None)
    assert (two.data.vote, two.data.section_id) == ("not_useful", "why")


def test_a_section_belongs_to_the_nearest_article_around_it(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    inner = article_html(f"{article_id}-inner", ["Why"])
    outer = article_html(f"{article_id}-outer").replace("</article>", inner + "</article>")
    page.goto(publisher.publish("/nested", page_html(service, outer)))
    expect(page.get_by_role("group")).to_have_count(3)
    answer(form(page, "Do you find the section Why useful?"), "Yes")
    (vote,) = arrived(f"{article_id}-inner", 1)
    assert vote.data.section_id == "why"


@pytest.mark.parametrize("script", ["", "async", "defer"])
def test_the_script_may_be_loaded_in_any_of_the_ways_html_has(
    page: Page, service: Service, publisher: Publisher, article_id: str, script: str
) -> None:
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id, ["Why"]), script=script)))
    expect(page.get_by_role("group")).to_have_count(2)


def test_a_script_that_is_added_late_asks_too_and_once(
    page: Page, service: Service, publisher: Publisher, article_id: str
) -> None:
    page.goto(publisher.publish("/a", f"<!doctype html><title>A page</title>{article_html(article_id)}"))
    for _ in range(2):
        page.add_script_tag(url=f"{service.url}/widget.js")
    page.wait_for_function("document.styleSheets.length == 2")
    expect(form(page)).to_have_count(1)


def test_an_article_that_is_added_later_is_asked_for_when_the_page_says_so(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    page.goto(publisher.publish("/a", page_html(service, article_html(f"{article_id}-first"))))
    expect(form(page)).to_have_count(1)
    page.evaluate(
        "html => { document.body.insertAdjacentHTML('beforeend', html);"
        " document.dispatchEvent(new Event('feedback:scan')) }",
        article_html(article_id),
    )
    expect(form(page)).to_have_count(2)
    answer(form(page).nth(1), "Yes")
    arrived(article_id, 1)


def test_a_heading_that_looks_like_markup_is_read_out_as_text(
    page: Page, service: Service, publisher: Publisher, article_id: str
) -> None:
    heading = '<img src=x onerror="window.hacked=1"> & “שלום” 👩‍🔬'
    article = article_html(article_id, ["Why"]).replace("<h2>Why</h2>", f"<h2>{escape(heading)}</h2>")
    page.goto(publisher.publish("/a", page_html(service, article)))
    expect(form(page, f"Do you find the section {heading} useful?")).to_be_visible()
    assert page.evaluate("window.hacked") is None


STRICT = (
    "default-src 'none'; script-src {service}; style-src {service}; connect-src {service};"
    " require-trusted-types-for 'script'"
)


def test_a_page_with_a_strict_policy_needs_to_allow_no_more_than_the_service(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    policy = {"content-security-policy": STRICT.format(service=service.url)}
    page.goto(publisher.publish("/strict", page_html(service, article_html(article_id)), policy))
    answer(form(page), "Yes")
    expect_answer(form(page), "Yes", THANKS)
    assert form(page).evaluate("node => getComputedStyle(node).display") == "grid"
    arrived(article_id, 1)
    assert complaints == []


def test_where_the_policy_forbids_the_style_the_question_is_asked_plainly(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    policy: Mapping[str, str] = {
        "content-security-policy": f"default-src 'none'; script-src {service.url}; connect-src {service.url}"
    }
    page.goto(publisher.publish("/no-style", page_html(service, article_html(article_id)), policy))
    answer(form(page), "Yes")
    expect_answer(form(page), "Yes", THANKS)
    arrived(article_id, 1)


def test_no_cookie_is_set_or_sent_and_nothing_is_kept_before_the_first_answer(
    page: Page, service: Service, publisher: Publisher, article_id: str
) -> None:
    page.context.add_cookies([{"name": "own", "value": "1", "url": service.url}])
    requests = []
    page.on("request", lambda request: requests.append(request))
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id))))
    expect(form(page)).to_be_visible()
    assert page.evaluate("Object.keys(localStorage)") == []
    answer(form(page), "Yes")
    expect_answer(form(page), "Yes", THANKS)
    assert [cookie["name"] for cookie in page.context.cookies()] == ["own"]
    (sent,) = [request for request in requests if request.method == "POST"]
    assert "cookie" not in sent.all_headers()


def test_the_reader_never_sees_how_others_answered(
    page: Page, service: Service, publisher: Publisher, article_id: str
) -> None:
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id, ["Why"]))))
    for widget in (form(page), form(page, "Do you find the section Why useful?")):
        answer(widget, "Yes")
        expect(widget).to_have_attribute("data-state", "voted")
        assert not re.search(r"\d|%", widget.inner_text())


def test_the_place_a_reader_came_from_is_told_without_page_and_query(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    address = publisher.publish("/a", page_html(service, article_html(article_id)))
    publisher.publish("/search", f'<!doctype html><title>S</title><a href="{address}">go</a>')
    page.goto(publisher.url + "/search")
    page.get_by_role("link").click()
    answer(form(page), "Yes")
    (vote,) = arrived(article_id, 1)
    assert vote.data.referrer == publisher.url
