"""What is sent to a browser: the whole page, then only the parts that differ."""

from __future__ import annotations

from dash import html

from feedback_analytics.dashboard.changes import changes


def tree(number: int, title: str = "Overview") -> html.Div:
    return html.Div(
        [
            html.H1(title),
            html.P(f"{number} votes", id="live-votes"),
            html.Table(
                [html.Tr("a", **{"data-row": "worse:a"}), html.Tr("b", **{"data-row": "worse:b"})], id="live-rows"
            ),
        ]
    )


def test_the_first_time_the_whole_page_is_sent() -> None:
    assert list(changes(tree(1), None).updates) == ["page"]


def test_the_same_page_sends_nothing() -> None:
    assert changes(tree(1), changes(tree(1), None).digests).updates == {}


def test_only_the_part_that_differs_is_sent() -> None:
    updates = changes(tree(2), changes(tree(1), None).digests).updates
    assert updates == {"live-votes": {"tag": "p", "attributes": {}, "html": "2 votes"}}


def test_another_frame_sends_the_whole_page() -> None:
    assert list(changes(tree(1, "Article"), changes(tree(1), None).digests).updates) == ["page"]


def test_what_a_browser_shows_is_told_by_digests_and_not_by_its_content() -> None:
    assert all(len(digest) == 16 for digest in changes(tree(1), None).digests.values())


def test_rows_are_noted_in_the_order_drawn() -> None:
    assert changes(tree(1), None).rows == {"live-rows": ["worse:a", "worse:b"]}
