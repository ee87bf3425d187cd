"""Pages of a store that has no answer: no votes yet, no such article, no such page, no store. Each looks different."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import numbers
from feedback_analytics.dashboard.pages.frame import Page, balance, note_failure, page, what_failed
from feedback_analytics.dashboard.parts import Content, card, failed_card, icon, inside
from feedback_analytics.dashboard.visit import Visit
from feedback_analytics.errors import FeedbackError

Row = Mapping[str, Any]


def no_votes_yet(visit: Visit, fresh: Row) -> Page:
    """First run: the three steps to the first vote, and what has come in."""
    head = [
        html.H1("No votes yet"),
        html.P(
            "The service runs and listens. The first vote shows here within two seconds, without a reload.",
            className="sub",
        ),
    ]
    cards = [_steps(visit.address.origin), _come_in(visit)]
    return page(visit, "No votes yet", head, cards, fresh, is_filtered=False)


def unknown(visit: Visit, fresh: Row, title: str, what: str) -> Page:
    """An address that leads nowhere. what: a sentence that says so, with what was asked for."""
    body = [
        html.P([html.B(what), html.Br(), "An id that was just announced or voted on shows within two seconds."]),
        html.Div(inside("Go to the overview", href=str(visit.address.to("/")), className="btn"), className="acts"),
    ]
    hole = html.Section(
        [html.Header(html.H2("Nothing to show")), html.Div(body, className="hole")], className="card empty c12"
    )
    return page(visit, title, html.H1(title), [hole], fresh, is_filtered=False)


def store_gone(visit: Visit, error: FeedbackError) -> Page:
    """The store cannot be asked at all."""
    code = note_failure("freshness", error)
    head = [
        html.H1("The numbers cannot be read"),
        html.P("The log keeps votes apart from the store. This page comes back by itself.", className="sub"),
    ]
    failed = failed_card("store", "The store", what_failed(error), code, visit.address, visit.now)
    return page(visit, "Not loaded", head, [failed], None)


def broken(code: str) -> Component:
    """In place of a page that a defect of ours keeps from being drawn."""
    words = [
        html.P(
            [html.B("This page could not be drawn."), html.Br(), "The fault is ours; votes are counted all the same."]
        ),
        html.Div(html.A("Try again", href="", className="btn"), className="acts"),
    ]
    hole = html.Div([icon("warning"), *words], className="hole", role="alert")
    foot = html.Footer(html.Span(f"Code {code}: the service’s log says more under it"))
    section = html.Section([html.Header(html.H2("The page")), hole, foot], className="card failed c12")
    return html.Main(html.Div(section, className="grid head"), id="main", className="wrap", tabIndex=-1)


def _steps(origin: str) -> Component:
    widget = (
        f'<script async src="{origin}/widget.js"></script>\n'
        '<article data-feedback-article="harbour-tunnel">\n'
        '  <section data-feedback-section="whats-next"> … </section>\n'
        "</article>"
    )
    curl = (
        f"curl -sS {origin}/v1/events \\\n"
        "  -H 'Content-Type: application/cloudevents+json' \\\n"
        '  -d \'{"specversion": "1.0", "id": "1", "source": "https://news.example/web",\n'
        '       "type": "feedback.vote.cast.v1", "time": "\'$(date -u +%FT%TZ)\'",\n'
        '       "data": {"article_id": "harbour-tunnel", "reader_id": "r-1", "vote": "useful"}}\''
    )
    steps = [
        ("Put the question on your pages.", " One line in the page; sections are marked with an attribute.", widget),
        ("Or send a vote from a service.", "", curl),
        ("Watch it arrive.", " It is answered 202 once it is safe on disk, then counted here.", ""),
    ]  # fmt: skip
    items = [
        html.Li(html.Div([html.B(bold), text, html.Pre(code, tabIndex=0) if code else ""]))
        for bold, text, code in steps
    ]
    foot: Content = ["Trying it out? ", html.Code(f"feedback simulate --url {origin}"), " sends plausible readers."]
    return card("steps", "Three steps to the first vote", html.Ol(items, className="steps"), foot=foot, width=8)


def _come_in(visit: Visit) -> Component:
    row = balance(visit)
    drawn = [
        html.Div([html.B(numbers.count(row["received"])), html.Span("events taken from the log")]),
        html.Div(
            [html.B(numbers.count(row["dead"])), html.Span("of them could not be read and are kept as dead letters")]
        ),
    ]
    note = "A refused event is told to its sender at once, with field and reason."
    body = [html.Div(drawn, id="live-come-in", className="come-in"), html.P(note, className="small muted")]
    return card("come-in", "What has come in", body, width=4)
