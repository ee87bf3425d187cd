"""The parts that pages are made of: cards, sentences, links, tables of steps. All text from outside is text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import MIN_VOTES, numbers, sentences
from feedback_analytics.dashboard.address import PERIODS, Address

Content = Component | str | Sequence["Component | str"]
Row = Mapping[str, Any]

PERIOD_NAMES = {"7": "7 days", "28": "28 days", "90": "90 days", "all": "All days"}


def card(
    name: str,
    title: str,
    body: Content,
    *,
    says: Content = "",
    foot: Content = "",
    beside: Content = "",
    width: int = 12,
) -> Component:
    """A card: title, what it says, the figure, and a foot. `name` makes its parts live: they change in place.

    beside: what may appear beside the title; its space is kept.
    """
    return html.Section(
        [
            html.Header([html.H2(title, id=f"{name}-title"), html.Span(beside, id=f"live-{name}-beside")]),
            html.P(says, id=f"live-{name}-says", className="says"),
            html.Div(body, className="body"),
            html.Footer(html.Span(foot, id=f"live-{name}-foot")),
        ],
        className=f"card c{width}",
        **aria(labelledby=f"{name}-title"),
    )


def key_figure(name: str, title: str, big: str, unit: str, span: str, note: Content) -> Component:
    """One number with its interval or n below, and a note that says how to read it."""
    return html.Section(
        [
            html.H2(title),
            html.P([big, html.Small(unit)] if unit else big, id=f"live-{name}-big", className="big"),
            html.P(span, id=f"live-{name}-span", className="range"),
            html.P(note, id=f"live-{name}-note", className="vs"),
        ],
        className="card kpi c3",
    )


def failed_card(
    name: str, title: str, what: str, code: str, address: Address, asked_at: datetime, width: int = 12
) -> Component:
    """A card whose question failed: what failed, what is not affected, try again, a code to quote. Never a zero."""
    return html.Section(
        [
            html.Header(html.H2(title, id=f"{name}-title")),
            html.Div(
                [
                    icon("warning"),
                    html.P([html.B(what), html.Br(), "Nothing is shown here rather than a zero."]),
                    html.Div(html.A("Try again", href=str(address), className="btn"), className="acts"),
                ],
                className="hole",
                role="alert",
            ),
            html.Footer(
                html.Span(f"Asked {numbers.clock(asked_at)} · code {code}: the service’s log says more under it")
            ),
        ],
        className=f"card failed c{width}",
        **aria(labelledby=f"{name}-title"),
    )


def aria(**told: str) -> dict[str, Any]:
    """ARIA attributes by their short names: `aria(label="Pages")`."""
    return {f"aria-{name}": value for name, value in told.items()}


def data(**told: str) -> dict[str, Any]:
    """Data attributes, for the page's script: `data(row="a1")`."""
    return {f"data-{name.replace('_', '-')}": value for name, value in told.items()}


def inside(text: Content, href: str, **properties: Any) -> Component:
    """A link to another page of the dashboard; the page's script follows it without loading everything anew."""
    return html.A(text, href=href, **data(inside=""), **properties)


def empty_card(name: str, title: str, what: str, address: Address, foot: str, width: int = 12) -> Component:
    """A card without votes in the period: a sentence and a way out, no chart and no zero."""
    words = [html.P(html.B(what))]
    if address.days is not None:
        words.append(html.P(inside("Show all days", href=str(address.with_period("all")), className="btn")))
    return html.Section(
        [
            html.Header(html.H2(title, id=f"{name}-title")),
            html.Div(words, className="hole"),
            html.Footer(html.Span(foot, id=f"live-{name}-foot")),
        ],
        className=f"card empty c{width}",
        **aria(labelledby=f"{name}-title"),
    )


def said(sentence: sentences.Sentence, address: Address) -> list[Component | str]:
    """A sentence with its strong parts in bold and its articles linked."""
    drawn: list[Component | str] = []
    for part in sentence:
        if part.article_id is not None:
            drawn.append(inside(part.text, href=str(address.of_article(part.article_id))))
        else:
            drawn.append(html.B(part.text) if part.is_strong else part.text)
    return drawn


def label_ai(is_short: bool = True) -> Component:
    """The label of an article written by a machine."""
    if is_short:
        return html.Abbr("AI", className="ai", title="AI Generated Content")
    return html.Span("AI Generated Content", className="ai")


def steps_table(table: pd.DataFrame, name: str, step: str) -> Component:
    """The table of a chart, one key away: a row per step with votes, the latest first."""
    rows = [
        html.Tr(
            [
                html.Th(_step_name(row["step_at"], step), scope="row"),
                html.Td("" if few else numbers.percent(row["useful_share"]), className="num"),
                html.Td(
                    f"from {MIN_VOTES} votes"
                    if few
                    else numbers.percent_range(row["useful_share_low"], row["useful_share_high"]),
                    className="num",
                ),
                html.Td(numbers.count(row["votes"]), className="num"),
            ]
        )
        for row in table.iloc[::-1].to_dict("records")
        if row["votes"] > 0
        for few in [row["votes"] < MIN_VOTES]
    ]
    head = [html.Th(step.capitalize(), scope="col")]
    head += [html.Th(text, scope="col", className="num") for text in ("Useful", "95 % interval, one look", "Votes")]
    return html.Details(
        [
            html.Summary("Table"),
            html.Div(
                html.Table([html.Thead(html.Tr(head)), html.Tbody(rows, id=f"live-{name}-rows")]),
                className="scroll",
                tabIndex=0,
            ),
        ],
        className="steps-table",
    )


def _step_name(at: datetime, step: str) -> str:
    names = {"hour": f"{numbers.day(at)}, {at:%H:%M}", "month": f"{at:%b %Y}", "week": f"week of {numbers.day(at)}"}
    return names.get(step, numbers.weekday(at))


def periods_nav(address: Address) -> Component:
    """The periods to choose from; links, so that back, forward and copying work."""
    return html.Nav(
        [
            inside(
                PERIOD_NAMES[period],
                href=str(address.with_period(period)),
                className="pick set" if period == address.period else "pick",
                **(aria(current="true") if period == address.period else {}),
            )
            for period in PERIODS
        ],
        className="periods",
        **aria(label="Period"),
    )


def ago(at: datetime, now: datetime) -> Component:
    """How long ago, kept going by the page's script."""
    return html.Time(
        f"{numbers.age((now - at).total_seconds())} ago", dateTime=at.astimezone(UTC).isoformat(), className="ago"
    )


def icon(name: str) -> Component:
    """A sign drawn by the style sheet; the words beside it say what it means."""
    return html.Span(className=f"ico {name}", **aria(hidden="true"))
