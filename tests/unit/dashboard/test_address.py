"""The address holds a page's whole state."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_analytics.dashboard.address import PERIODS, Address, read_address

UTC = ZoneInfo("UTC")


def read(href: str) -> Address:
    return read_address(f"http://localhost:8080{href}", UTC)


@pytest.mark.parametrize(
    "href",
    [
        "/",
        "/?days=7",
        "/?since=2026-11-01&until=2026-11-08&topic=Caf%C3%A9+%26+bar&ai=yes",
        "/articles?of=sections&sort=votes&find=tunnel&verdict=worse&page=2",
        "/sections?cell=a1%23s1&kind=whats_next",
        "/compare?by=locale&min_votes=50",
        "/alerts?window_days=3&base_days=14&least_points=2",
        "/events?of=both&vote=useful&standing=no&most=500",
        "/articles/a1?days=90",
        "/?as_of=2026-11-23T10%3A00%3A00Z",
    ],
)
def test_an_address_is_written_as_it_was_read(href: str) -> None:
    assert (str(read(href)), read(href).problem) == (href, "")


def test_defaults_are_left_out() -> None:
    assert str(read("/?days=28&topic=")) == "/"


@given(st.text(min_size=1), st.sampled_from(sorted(PERIODS)))
def test_any_article_id_finds_its_way_back(article_id: str, days: str) -> None:
    again = read(str(read(f"/?days={days}").of_article(article_id)))
    assert (again.article_id, again.days, again.problem) == (article_id, days, "")


@given(st.text(min_size=1, max_size=200).filter(str.strip))
def test_any_topic_finds_its_way_back(topic: str) -> None:
    assert read(str(read("/").with_(topic=topic))).get("topic") == topic


def test_what_is_not_possible_is_told_with_what_is_and_left_out() -> None:
    address = read("/articles?days=-1&of=everything&sort=votes")
    assert address.state == {"sort": "votes"}
    assert "days = '-1' is not possible: a number of days from 1 to 36,500, or all. It is left out." in address.problem
    assert "of = 'everything' is not possible: articles, sections, topics, authors." in address.problem


def test_a_period_that_ends_before_it_begins_is_told() -> None:
    address = read("/?since=2026-11-08&until=2026-11-01&topic=Cities")
    assert "until = 2026-11-01 does not come after since = 2026-11-08." in address.problem
    assert address.state == {"topic": "Cities"}


def test_an_overlong_value_is_cut_in_the_sentence_about_it() -> None:
    assert len(read("/?days=" + "9" * 5_000).problem) < 200
    assert read("/?topic=" + "x" * 40_000).state == {}


def test_what_a_page_does_not_know_is_told_with_what_it_takes_and_left_out() -> None:
    address = read("/alerts?utm_source=mail&window_days=3#top")
    assert str(address) == "/alerts?window_days=3"
    assert "“utm_source” means nothing on this page. It takes since, until," in address.problem


def test_another_page_keeps_period_filters_and_as_of_and_nothing_else() -> None:
    address = read("/articles?days=7&topic=Cities&as_of=2026-11-20&sort=votes&page=3")
    assert str(address.to("/sections")) == "/sections?days=7&topic=Cities&as_of=2026-11-20"
    assert str(address.to("/events", of="articles", topic=None)) == "/events?days=7&as_of=2026-11-20&of=articles"
    assert str(address.of_article("a1")) == "/articles/a1?days=7&as_of=2026-11-20"


def test_a_new_order_begins_at_the_first_rows() -> None:
    assert str(read("/articles?sort=votes&page=3").with_(sort="best")) == "/articles?sort=best"
