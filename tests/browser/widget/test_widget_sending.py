"""An answer reaches the log: the reader leaves, is offline, has a wrong clock, blocks storage; the service is busy."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.widget.conftest import Arrived
from tests.browser.widget.pages import (
    answer,
    article_html,
    expect_answer,
    expect_nothing_waits,
    form,
    page_html,
    waiting_events,
)
from tests.support.publisher import Publisher
from tests.support.service import Service

pytestmark = pytest.mark.browser

THANKS = "Thank you. Your answer counts."
NOT_SENT = "Not sent yet. It goes out when it can."
DEADLINE_SECONDS = 60
CLICK_YES = "document.querySelector('[data-vote=useful]').click()"


def wait_until(page: Page, is_so: Callable[[], bool]) -> None:
    """Lets the browser go on until the test has seen something, at most for DEADLINE_SECONDS."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        page.wait_for_timeout(20)


def test_an_answer_is_not_lost_when_the_reader_leaves_in_the_same_moment(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id))))
    expect(form(page)).to_be_visible()
    page.evaluate(CLICK_YES + "; location.href = 'about:blank'")
    page.wait_for_url("about:blank")
    arrived(article_id, 1)


def test_an_answer_is_not_lost_when_the_reader_closes_the_tab_in_the_same_moment(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id))))
    expect(form(page)).to_be_visible()
    page.evaluate(CLICK_YES)
    page.close()
    arrived(article_id, 1)


def test_an_answer_given_offline_is_kept_and_sent_when_the_network_is_back(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id, ["Why"]))))
    expect(form(page)).to_be_visible()
    page.context.set_offline(True)
    answer(form(page), "Yes")
    expect_answer(form(page), "Yes", NOT_SENT)
    answer(form(page), "No")
    answer(form(page, "Do you find the section Why useful?"), "Yes")
    expect(form(page)).to_have_attribute("data-state", "queued")
    kept = [json.loads(event)["id"] for event in waiting_events(page)]
    assert len(kept) == 3
    page.context.set_offline(False)
    expect_answer(form(page), "No", "Changed. Your last answer counts.")
    assert [vote.id for vote in arrived(article_id, 3)] == kept
    expect_nothing_waits(page)


def test_an_answer_kept_offline_is_sent_at_the_next_page_view(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id))))
    expect(form(page)).to_be_visible()
    page.context.set_offline(True)
    answer(form(page), "No")
    expect_answer(form(page), "No", NOT_SENT)
    (kept,) = waiting_events(page)
    page.close()
    page.context.set_offline(False)
    later = page.context.new_page()
    later.goto(publisher.publish("/other", page_html(service, article_html(f"{article_id}-other"))))
    (vote,) = arrived(article_id, 1)
    assert vote.id == json.loads(kept)["id"]


def test_an_answer_is_sent_again_with_the_same_bytes_when_the_service_was_busy(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    sent: list[tuple[float, str | None]] = []
    held: list[Route] = []

    def busy_twice(route: Route) -> None:
        sent.append((datetime.now(UTC).timestamp(), route.request.post_data))
        if len(sent) > 2:
            held.append(route)
            return
        headers = {
            "retry-after": "2",
            "access-control-allow-origin": "*",
            "access-control-expose-headers": "retry-after",
        }
        route.fulfill(status=503, headers=headers, content_type="application/problem+json", body="{}")

    page.route("**/v1/events", busy_twice)
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id))))
    answer(form(page), "Yes")
    expect_answer(form(page), "Yes", NOT_SENT)
    wait_until(page, lambda: bool(held))
    expect_answer(form(page), "Yes", NOT_SENT)
    held[0].continue_()
    expect_answer(form(page), "Yes", THANKS)
    assert len({body for _, body in sent}) == 1 and len(sent) == 3
    moments = [moment for moment, _ in sent]
    assert all(later - earlier >= 1.9 for earlier, later in zip(moments, moments[1:], strict=False))
    arrived(article_id, 1)


def test_while_the_service_asks_to_wait_further_answers_wait_too(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    sent = []

    def busy_once(route: Route) -> None:
        sent.append(route.request.post_data)
        if len(sent) > 1:
            route.continue_()
            return
        headers = {
            "retry-after": "600",
            "access-control-allow-origin": "*",
            "access-control-expose-headers": "retry-after",
        }
        route.fulfill(status=429, headers=headers, content_type="application/problem+json", body="{}")

    page.clock.install()
    page.route("**/v1/events", busy_once)
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id, ["Why"]))))
    answer(form(page), "Yes")
    expect_answer(form(page), "Yes", NOT_SENT)
    section = form(page, "Do you find the section Why useful?")
    answer(section, "No")
    expect_answer(section, "No", "Not sent yet.")
    assert len(sent) == 1
    page.clock.fast_forward("15:00")
    expect_answer(section, "No", "Thank you.")
    expect_answer(form(page), "Yes", THANKS)
    arrived(article_id, 2)


@pytest.mark.parametrize("hours", [1, -1, 24 * 365 * 30, -24 * 365 * 30])
def test_a_wrong_clock_does_not_lose_the_answer_nor_stay_in_its_time(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived, hours: int
) -> None:
    page.add_init_script(f"const rightly = Date.now; Date.now = () => rightly() + {hours} * 3600000")
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id))))
    answer(form(page), "Yes")
    expect_answer(form(page), "Yes", THANKS)
    answer(form(page), "No")
    expect_answer(form(page), "No", "Changed. Your last answer counts.")
    first, second = arrived(article_id, 2)
    assert [first.data.vote, second.data.vote] == ["useful", "not_useful"]
    assert abs(datetime.fromisoformat(second.time) - datetime.now(UTC)) < timedelta(seconds=20)
    if hours > 0:
        assert abs(datetime.fromisoformat(first.time) - datetime.now(UTC)) < timedelta(seconds=20)
    expect_nothing_waits(page)


def test_a_clock_that_was_set_back_does_not_let_an_older_answer_win(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id))))
    answer(form(page), "Yes")
    expect_answer(form(page), "Yes", THANKS)
    page.add_init_script("const rightly = Date.now; Date.now = () => rightly() - 7200000")
    page.reload()
    answer(form(page), "No")
    expect_answer(form(page), "No", "Changed. Your last answer counts.")
    assert [vote.data.vote for vote in arrived(article_id, 2)] == ["useful", "not_useful"]


def test_answers_given_fast_with_a_clock_ahead_keep_their_order(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    page.add_init_script("const rightly = Date.now; Date.now = () => rightly() + 3600000")
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id))))
    expect(form(page)).to_be_visible()
    page.evaluate(
        "for (const vote of ['useful', 'not_useful', 'useful', 'not_useful'])"
        " document.querySelector(`[data-vote=${vote}]`).click()"
    )
    expect(form(page)).to_have_attribute("data-state", "changed")
    votes = [vote.data.vote for vote in arrived(article_id, 4)]
    assert votes == ["useful", "not_useful", "useful", "not_useful"]


def test_where_storage_is_blocked_a_reader_can_vote_and_change_for_the_page_view(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    # A sandboxed page has no origin; Chromium then refuses localStorage as it does for readers who block it.
    policy = {"content-security-policy": "sandbox allow-scripts"}
    page.goto(publisher.publish("/blocked", page_html(service, article_html(article_id)), policy))
    assert (
        page.evaluate("() => { try { return localStorage.length } catch (error) { return error.name } }")
        == "SecurityError"
    )
    answer(form(page), "Yes")
    expect_answer(form(page), "Yes", THANKS)
    answer(form(page), "No")
    expect_answer(form(page), "No", "Changed. Your last answer counts.")
    first, second = arrived(article_id, 2)
    assert first.data.reader_key == second.data.reader_key
    page.reload()
    expect_answer(form(page), None, "")


def test_where_storage_is_full_the_answer_is_sent_all_the_same(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id))))
    page.evaluate(
        "() => { let part = 'x'.repeat(1 << 20), n = 0;"
        " while (part) try { localStorage['host' + n++] = part } catch { part = part.slice(0, part.length >> 1) } }"
    )
    answer(form(page), "Yes")
    expect_answer(form(page), "Yes", THANKS)
    arrived(article_id, 1)


def test_an_answer_that_is_refused_is_dropped_with_a_warning_and_not_thanked_for(
    page: Page, service: Service, publisher: Publisher, article_id: str
) -> None:
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text) if message.type == "warning" else None)
    page.goto(publisher.publish("/a", page_html(service, article_html("x" * 201))))
    answer(form(page), "Yes")
    expect_answer(form(page), None, "Not counted. The service refused it.")
    expect_nothing_waits(page)
    assert len(warnings) == 1 and warnings[0].startswith("feedback: refused")


def test_an_answer_outlives_a_service_that_is_down(
    page: Page, service: Service, publisher: Publisher, article_id: str, arrived: Arrived
) -> None:
    page.route("**/v1/events", lambda route: route.abort("connectionrefused"))
    page.goto(publisher.publish("/a", page_html(service, article_html(article_id))))
    answer(form(page), "Yes")
    expect_answer(form(page), "Yes", NOT_SENT)
    page.unroute("**/v1/events")
    expect_answer(form(page), "Yes", THANKS)
    arrived(article_id, 1)
