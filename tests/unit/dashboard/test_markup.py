"""Still parts of a page as HTML text: the same elements as the components, and nothing from outside becomes markup."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component
from hypothesis import given
from hypothesis import strategies as st
from plotly.io.json import to_json_plotly

from feedback_analytics.dashboard.markup import still


def made_still(tree: Component) -> Any:
    return still(json.loads(to_json_plotly(tree)))


def html_of(tree: Component) -> str:
    return str(made_still(html.Div(tree))["props"]["html"])


def count(node: Any) -> int:
    """How many components Dash has to mind."""
    if isinstance(node, list):
        return sum(count(child) for child in node)
    return 1 + count(node["props"].get("children")) if isinstance(node, dict) else 0


def test_attributes_are_written_as_html_writes_them() -> None:
    row = html.Th(
        ["a", html.Br(), 7],
        colSpan=5,
        className="group",
        scope="rowgroup",
        tabIndex=0,
        style={"--p": 61.5, "--min": 0},
        **{"aria-label": "Pages", "data-row": "a1"},
    )
    assert html_of(row) == (
        '<th aria-label="Pages" class="group" colspan="5" data-row="a1" scope="rowgroup" style="--p: 61.5; --min: 0"'
        ' tabindex="0">a<br>7</th>'
    )
    assert html_of(html.Time("2 s ago", dateTime="2026-11-25T02:00:00+00:00")) == (
        '<time datetime="2026-11-25T02:00:00+00:00">2 s ago</time>'
    )


def test_a_table_of_many_rows_is_one_component() -> None:
    rows = [html.Tr([html.Th(f"row {n}"), html.Td(str(n))]) for n in range(500)]
    assert count(made_still(html.Table(html.Tbody(rows), id="live-articles"))) == 1


def test_live_parts_and_charts_keep_their_ids() -> None:
    page = made_still(html.Div([html.H1("Overview"), html.P("2", id="live-n"), dcc.Graph(id="live-trend")]))
    heading, number, chart = page["props"]["children"]
    assert heading["props"] == {"tag": "h1", "attributes": {}, "html": "Overview"}
    assert number["props"] == {"tag": "p", "attributes": {}, "html": "2", "id": "live-n"}
    assert (chart["type"], chart["props"]["id"]) == ("Graph", "live-trend")


class Read(HTMLParser):
    """What a browser makes of HTML: elements with their title, and text, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(f"<{tag} {dict(attrs).get('title')}>")

    def handle_data(self, data: str) -> None:
        self.seen.append(data)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_text_comes_out_as_the_text_it_was(text: str) -> None:
    assert "".join(Read(html_of(html.B(f"[{text}]", title=text))).seen) == f"<b {text}>[{text}]"
