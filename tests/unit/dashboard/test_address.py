"""The address holds a page's whole state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_analytics.dashboard.address import PERIODS, read_address


@pytest.mark.parametrize("href", ["/", "/?days=7", "/?days=all&show=articles", "/articles/a1?days=90"])
def test_an_address_is_written_as_it_was_read(href: str) -> None:
    assert str(read_address(f"http://localhost:8080{href}")) == href


def test_defaults_are_left_out() -> None:
    assert str(read_address("http://localhost/?days=28&show=")) == "/"


@given(st.text(min_size=1), st.sampled_from(sorted(PERIODS)))
def test_any_article_id_finds_its_way_back(article_id: str, period: str) -> None:
    written = read_address(f"http://localhost/?days={period}").of_article(article_id)
    again = read_address(f"http://localhost{written}")
    assert (again.article_id, again.period, again.problem) == (article_id, period, "")


def test_what_is_not_possible_is_told_and_the_default_taken() -> None:
    address = read_address("http://localhost/?days=-1&show=everything")
    assert (address.period, address.shown_whole) == ("28", "")
    assert "7, 28, 90 and all are" in address.problem and "articles and sections are" in address.problem


def test_an_overlong_value_is_cut_in_the_sentence_about_it() -> None:
    assert len(read_address("http://localhost/?days=" + "9" * 5_000).problem) < 200


def test_unknown_parameters_do_not_hurt() -> None:
    assert str(read_address("http://localhost/?utm_source=mail&days=7#top")) == "/?days=7"
