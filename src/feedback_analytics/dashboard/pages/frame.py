"""The frame of every page: pages and theme at the top, period and freshness, the ledger's balance at the foot."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import structlog
from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import Period, numbers, sentences
from feedback_analytics.dashboard.parts import Content, ago, aria, failed_card, icon, inside, periods_nav, said
from feedback_analytics.dashboard.visit import Visit
from feedback_analytics.errors import FeedbackError, QueryError, QueryTimeout

Row = Mapping[str, Any]
EQUALS, PLUS = " = ", " + "
DOT = f"{numbers.FIXED}· "
# Between facts of one line; where the line wraps, the dot stays at its end.


@dataclass(frozen=True)
class Page:
    """A page as a tree of components, and the title of its window."""

    title: str
    tree: Component


def page(
    visit: Visit,
    title: str,
    head: Content,
    cards: Sequence[Component],
    fresh: Row | None,
    *,
    is_of_period: bool = False,
) -> Page:
    """A page in its frame. fresh: the row of `Answers.freshness`; None when the store cannot be asked.

    is_of_period: what it shows depends on the period, so that one can be chosen.
    """
    filters = [periods_nav(visit.address)] if is_of_period else []
    body = [
        html.A("Skip to the numbers", href="#main", className="skip"),
        _top(visit),
        html.Div(
            [*filters, html.P(_freshness(visit, fresh), id="live-fresh", className="asof")],
            className="filters wrap",
        ),
        html.Div(_banners(visit, fresh), id="live-banners", className="wrap"),
        html.Main(
            [html.Div(head, className="head"), html.Div(cards, className="grid"), _foot(visit, fresh)],
            id="main",
            className="wrap",
            tabIndex=-1,
        ),
    ]
    return Page(f"{title} · feedback analytics", html.Div(body, className="is-stale" if visit.is_stale else ""))


def attempt(visit: Visit, name: str, title: str, draw: Callable[[], Component], width: int = 12) -> Component:
    """The card, or, when its question fails, the same card saying so: one failure never takes the page with it."""
    try:
        return draw()
    except FeedbackError as error:
        return failed_card(name, title, what_failed(error), note_failure(name, error), visit.address, visit.now, width)


def what_failed(error: FeedbackError) -> str:
    """A sentence for people. Paths and the engine's own words go to the log only, under the code."""
    match error:
        case QueryTimeout():
            return "The question took too long and was stopped."
        case QueryError():
            return "The question could not be answered."
        case _:
            return "The store cannot be read."


def note_failure(question: str, error: BaseException) -> str:
    """Logs the failure and gives the code under which the log has it."""
    code = blake2b(f"{question}{error}".encode(), digest_size=3).hexdigest().upper()
    structlog.get_logger().warning("question_failed", code=code, question=question, error=str(error))
    return code


def has_votes(fresh: Row) -> bool:
    return is_told(fresh["newest_vote_hour"])


def is_told(value: Any) -> bool:
    """Whether a cell of a table holds something: neither None nor NaN nor NaT."""
    return value is not None and value == value


def period_text(period: Period) -> str:
    """`28 Oct – 24 Nov 2026`."""
    since, last = period.since, period.last_day
    if period.days == 1:
        return numbers.day(last)
    begin = f"{since.day} {since:%b}" if since.year == last.year else numbers.day(since)
    return f"{begin} {numbers.RANGE} {numbers.day(last)}"


def foot_text(visit: Visit, period: Period, fresh: Row) -> str:
    """Period and as-of, as they stand in the foot of each card."""
    return f"{period_text(period)} UTC{DOT}as of {numbers.clock(fresh['as_of'])}"


def _top(visit: Visit) -> Component:
    home = str(visit.address.of_overview())
    is_home = visit.address.path == "/"
    links = [inside("Overview", href=home, **(aria(current="page") if is_home else {}))]
    other = "Light" if visit.theme == "dark" else "Dark"
    return html.Header(
        html.Div(
            [
                inside([html.I(), "Feedback"], href=home, className="brand"),
                html.Nav(links, **aria(label="Pages")),
                html.Div(
                    html.Button(other, id="theme-button", className="btn quiet", title=f"{other} theme"),
                    className="tools",
                ),
            ],
            className="wrap",
        ),
        className="top",
    )


def _freshness(visit: Visit, fresh: Row | None) -> list[Component]:
    """Live or not, as of when; and what the page's script may have to say instead."""
    is_live = fresh is not None and not visit.is_stale
    return [
        html.Span(className="pulse" if is_live else "pulse off"),
        html.Span(
            [
                html.Span(_as_of(visit, fresh), className="when"),
                # Only this is announced: the time of the numbers goes on every second.
                html.Span(
                    [
                        html.Span(" · new numbers wait until you have read on", className="held"),
                        html.Span("Not live · the service does not answer", className="lost"),
                    ],
                    role="status",
                ),
            ]
        ),
    ]


def _as_of(visit: Visit, fresh: Row | None) -> list[Component | str]:
    if fresh is None:
        return ["Not live · the store does not answer"]
    if not has_votes(fresh):
        return ["Listening · last looked ", html.Time(numbers.clock(visit.now), className="looked")]
    as_of = f"as of {numbers.moment(fresh['as_of'])}"
    if visit.is_stale:
        return ["Not live · ", as_of, " · ", ago(fresh["as_of"], visit.now)]
    return ["Live · ", as_of, " · newest vote came ", ago(fresh["newest_received_at"], visit.now)]


def _banners(visit: Visit, fresh: Row | None) -> list[Component]:
    banners: list[Component] = []
    if visit.is_stale and fresh is not None:
        as_of = fresh["as_of"] if is_told(fresh["as_of"]) else None
        text = sentences.stale(as_of, visit.live.waiting_seconds(visit.now), visit.live.behind_records or 0)
        banners.append(
            html.Div([icon("clock"), html.P(said(text, visit.address))], className="banner stale", role="status")
        )
    if visit.address.problem:
        banners.append(
            html.Div([icon("warning"), html.P(visit.address.problem)], className="banner note", role="status")
        )
    return banners


def _foot(visit: Visit, fresh: Row | None) -> Component:
    return html.Div([] if fresh is None else _ledger(visit, fresh), id="live-foot", className="foot")


def _ledger(visit: Visit, fresh: Row) -> list[Component]:
    try:
        row = visit.answers.ledger_balance().iloc[0]
    except FeedbackError as error:
        return [
            html.Span(f"The ledger could not be read (code {note_failure('ledger_balance', error)})", className="bad")
        ]
    terms = PLUS.join(f"{numbers.count(row[name])} {name}" for name in ("stored", "duplicate", "dead", "moved"))
    holds = bool(row["does_balance"])
    behind = visit.live.behind_records
    as_of = f" as of {numbers.clock(fresh['as_of'])}" if visit.is_stale and is_told(fresh["as_of"]) else ""
    balance = "Ledger balances" if holds else "The ledger does not balance"
    return [
        html.Span(f"{balance}{as_of}", className="ok" if holds else "ok bad"),
        html.Span(f"{numbers.count(row['received'])} received{EQUALS if holds else ' ≠ '}{terms}"),
        html.Span(
            "the log cannot be seen from here" if behind is None else f"{numbers.count(behind)} behind in the log"
        ),
    ]
