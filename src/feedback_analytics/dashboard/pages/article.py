"""One article: what readers make of it, section by section where the reader stands, and over time with its versions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import Period, numbers, sentences
from feedback_analytics.dashboard.marks import Axis, mark, mark_key, share_cell, verdict_cell
from feedback_analytics.dashboard.pages.frame import DOT, Page, attempt, foot_text, is_told, page
from feedback_analytics.dashboard.pages.overview import period_line, period_of, trend_card
from feedback_analytics.dashboard.parts import aria, card, inside, label_ai, said
from feedback_analytics.dashboard.visit import Visit

Row = Mapping[str, Any]


def article(visit: Visit, fresh: Row, known: Row) -> Page:
    """The page at `/articles/ID`. known: the row of `Answers.article`."""
    period = period_of(visit, fresh)
    foot = foot_text(visit, period, fresh)
    head = [
        html.P(_crumb(visit, known), className="crumb"),
        html.H1(known["title"]),
        html.P(_tags(known), className="tags"),
        html.P(period_line(visit, period), id="live-period", className="sub"),
    ]
    cards = [
        attempt(visit, "outline", "Section by section", partial(_outline, visit, period, known, foot)),
        attempt(visit, "trend", "Over time, with its versions", partial(_trend, visit, period, known, foot), 8),
        attempt(visit, "sure", "How sure this is", partial(_how_sure, visit, period, known, foot), 4),
    ]
    return page(visit, known["title"], head, cards, fresh, is_of_period=True)


def _crumb(visit: Visit, known: Row) -> list[Component | str]:
    topic = [f" / {known['topic']}"] if known["topic"] else []
    return [inside("Overview", href=str(visit.address.of_overview())), *topic]


def _tags(known: Row) -> list[Component]:
    tags: list[Component] = []
    if known["ai_generated"] is True:
        tags.append(label_ai(is_short=False))
    if known["author"]:
        tags.append(html.Span(known["author"]))
    if is_told(known["first_published_at"]):
        first = known["first_published_at"]
        tags.append(html.Span(f"Published {numbers.day(first)}, {first:%H:%M} UTC"))
    if is_told(known["article_version"]):
        of = f" of {numbers.day(known['published_at'])}" if is_told(known["published_at"]) else ""
        tags.append(html.Span(f"Version {int(known['article_version'])}{of}"))
    else:
        tags.append(html.Span(["Not announced yet; its id is ", html.Code(known["article_id"])]))
    if known["url"] and _leads_to_a_page(known["url"]):
        tags.append(html.A("Read the article", href=known["url"], rel="noopener noreferrer"))
    return tags


def _leads_to_a_page(url: str) -> bool:
    """Whether it is a web address, or a path of this very site as the demo's are.

    Any other scheme could run as a script of this page; an address from outside never may.
    """
    return urlsplit(url).scheme in ("http", "https") or url.startswith("/")


def _outline(visit: Visit, period: Period, known: Row, foot: str) -> Component:
    whole = _whole_row(visit, period, known)
    rows = visit.answers.outline(known["article_id"], period)
    lead = sentences.article_lead(whole, rows) if whole else sentences.no_votes_yet(period)
    axis = Axis(0)
    items = [_head_row(axis)]
    if whole:
        typical = f"line: typical article, {numbers.percent(whole['reference_share'], 0)}"
        items.append(_row(whole, "The article as a whole", typical, axis))
    for row in rows.to_dict("records"):
        place = f"{int(row['position'])}. " if is_told(row["position"]) else ""
        line = f"line: typical {sentences.KINDS[row['kind']]}, {numbers.percent(row['reference_share'], 0)}"
        gone = "" if row["is_current"] else " · not in the latest version"
        items.append(_row(row, f"{place}{row['heading']}", f"{line}{gone}", axis))
    votes = (whole["votes"] if whole else 0) + rows["votes"].sum()
    n = numbers.counted(votes, "vote")
    return html.Section(
        [
            html.P(said(lead, visit.address), id="live-outline-says", className="lead"),
            html.H2("Outline with each section’s share", id="outline-title", className="vh"),
            html.Ol(items, id="live-outline", className="outline"),
            mark_key(),
            html.Footer(html.Span(f"{n}{DOT}bars start at 0{DOT}{foot}", id="live-outline-foot")),
        ],
        className="card c12",
        **aria(labelledby="outline-title"),
    )


def _whole_row(visit: Visit, period: Period, known: Row) -> Row | None:
    """The article's row among all articles of the period; None when it has no votes in it."""
    table = visit.answers.articles(period)
    rows = table[table["article_id"] == known["article_id"]].to_dict("records")
    return rows[0] if rows else None


def _head_row(axis: Axis) -> Component:
    texts = [
        html.Span("Section, where the reader stands"),
        html.Span(axis.head()),
        html.Span("Useful, 95 % interval", className="num"),
        html.Span("Against typical"),
    ]
    return html.Li(texts, className="ohead", **aria(hidden="true"))


def _row(row: Row, title: str, line: str, axis: Axis) -> Component:
    return html.Li(
        [
            html.Div([html.H3(title), html.P(line, className="micro muted")], className="t"),
            html.Div(mark(row, axis, is_bar=True), className="m"),
            html.Div(share_cell(row, with_votes=True), className="num share"),
            html.Div(verdict_cell(row)),
        ]
    )


def _trend(visit: Visit, period: Period, known: Row, foot: str) -> Component:
    table = visit.answers.over_time(period, known["article_id"])
    versions = visit.answers.article_versions(known["article_id"])
    inside_period = versions[(versions["published_at"] >= period.since) & (versions["published_at"] < period.until)]
    total = _whole_row(visit, period, known) or {"votes": 0}
    says = sentences.over_time(period, total)
    return trend_card(
        visit,
        "trend",
        "Over time, with its versions",
        period,
        table,
        says,
        foot,
        noun="this article as a whole",
        versions=inside_period,
    )


def _how_sure(visit: Visit, period: Period, known: Row, foot: str) -> Component:
    row = _whole_row(visit, period, known)
    items = [html.Li(said(sentence, visit.address)) for sentence in sentences.how_sure(row)]
    return card("sure", "How sure this is", html.Ul(items, id="live-sure", className="changes"), foot=foot, width=4)
