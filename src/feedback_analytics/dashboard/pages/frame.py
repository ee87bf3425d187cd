"""The frame of every page: pages and theme at the top, filters and freshness, the ledger's balance at the foot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, TypeVar
from urllib.parse import urlencode

import pandas as pd
import structlog
from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import OUTCOMES, balances, numbers, question_named, sentences, sums_of_ledger
from feedback_analytics.dashboard.address import PAGES, Address
from feedback_analytics.dashboard.pages.filters import filters, told
from feedback_analytics.dashboard.pages.notes import views_menu
from feedback_analytics.dashboard.parts import (
    Content,
    ago,
    aria,
    data,
    failed_card,
    icon,
    inside,
    missing_part,
    said,
    waiting_card,
)
from feedback_analytics.dashboard.visit import Visit
from feedback_analytics.errors import FeedbackError, QueryError, QueryTimeout

Row = Mapping[str, Any]
T = TypeVar("T")
SLOW = "live-slow-"
# The ids of cards that are drawn after the rest begin so.
BANNERS = "live-banners"
EQUALS, PLUS = " = ", " + "
DOT = f"{numbers.FIXED}· "
# Between facts of one line; where the line wraps, the dot stays at its end.


@dataclass(frozen=True)
class Page:
    """A page as a tree of components, and the title of its window; waits: some of it is still counted."""

    title: str
    tree: Component
    waits: bool = False


def page(
    visit: Visit,
    title: str,
    head: Content,
    cards: Sequence[Component],
    fresh: Row | None,
    *,
    is_filtered: bool = True,
    waits: bool = False,
) -> Page:
    """A page in its frame. fresh: the row of `freshness`; None when the store cannot be asked.

    is_filtered: what it shows depends on the filters, so that they can be chosen. waits: some of it is still counted.
    """
    bar = [html.Div(filters(visit), id="live-filters")] if is_filtered and fresh is not None else []
    body = [
        html.A("Skip to the numbers", href="#main", className="skip"),
        _top(visit),
        html.Div(
            [*bar, html.P(_freshness(visit, fresh), id="live-fresh", className="asof")],
            className="filters wrap",
        ),
        html.Div([*_banners(visit, fresh), *_what_is_missing(cards)], id=BANNERS, className="wrap"),
        html.Main(
            [html.Div(head, className="head"), html.Div(cards, className="grid"), _foot(visit, fresh)],
            id="main",
            className="wrap",
            tabIndex=-1,
        ),
    ]
    tree = html.Div(body, className="is-stale" if visit.is_stale else "")
    return Page(f"{title} · feedback analytics", tree, waits=waits)


def attempt(visit: Visit, name: str, title: str, draw: Callable[[], Component], width: int = 12) -> Component:
    """The card, or, when its question fails, the same card saying so: one failure never takes the page with it."""
    try:
        return draw()
    except Exception as error:  # a defect of ours in one card is told there, and logged
        return failed_card(name, title, what_failed(error), note_failure(name, error), visit.address, visit.now, width)


def whatever_else(ask: Callable[[], T], otherwise: Callable[[], T], part: str) -> tuple[T, Component | str]:
    """The answer, or what a card shows without it, and a line that says which part is missing and why."""
    try:
        return ask(), ""
    except FeedbackError as error:
        return otherwise(), missing_part(part, what_failed(error), note_failure(part, error))


def slow(visit: Visit, name: str, title: str, what: str, draw: Callable[[], Component], is_known: bool) -> Component:
    """A card whose question may take long: still counted at first, then drawn in its place. Its question is lasting."""
    if is_known or visit.waits_for_slow:
        inner = attempt(visit, name, title, draw)
    else:
        inner = waiting_card(name, title, f"Counting {what} …")
    return html.Div(inner, id=f"{SLOW}{name}", className="slow")


def what_failed(error: Exception) -> str:
    """A sentence for people. Paths and the engine's own words go to the log only, under the code."""
    match error:
        case QueryTimeout():
            return "The question took too long and was stopped."
        case QueryError():
            return "The question could not be answered."
        case FeedbackError():
            return "The store cannot be read."
        case _:
            return "This card could not be drawn; the fault is ours."


def note_failure(question: str, error: BaseException) -> str:
    """Logs the failure and gives the code under which the log has it."""
    code = blake2b(f"{question}{error}".encode(), digest_size=3).hexdigest().upper()
    trace = None if isinstance(error, FeedbackError) else error
    structlog.get_logger().warning("question_failed", code=code, question=question, error=str(error), exc_info=trace)
    return code


def has_votes(fresh: Row) -> bool:
    return fresh["newest_vote_hour"] is not None


def told_of(visit: Visit, question: str, **own: Any) -> Row:
    """What an answer was made from: its period and as-of. Empty when the question cannot be answered."""
    try:
        return dict(visit.ask(question, **own).attrs)
    except FeedbackError:
        return {}


def period_text(attrs: Row, visit: Visit) -> str:
    """`28 Oct – 24 Nov 2026`; with times of the day where the period does not begin and end with days."""
    since, until = (attrs[name].astimezone(visit.zone) for name in ("since", "until"))
    if not (_is_midnight(since) and _is_midnight(until)):
        return f"{numbers.day(since)}, {since:%H:%M} {numbers.RANGE} {numbers.day(until)}, {until:%H:%M}"
    last = until - timedelta(days=1)
    if since.date() == last.date():
        return numbers.day(last)
    begin = f"{since.day} {since:%b}" if since.year == last.year else numbers.day(since)
    return f"{begin} {numbers.RANGE} {numbers.day(last)}"


def days_of(attrs: Row, visit: Visit) -> int:
    """Days of the period, on the newsroom's calendar; at least 1."""
    since, until = (attrs[name].astimezone(visit.zone).replace(tzinfo=None) for name in ("since", "until"))
    return max(1, int(round((until - since) / timedelta(days=1))))


def weeks_before_text(total: Row, visit: Visit) -> str:
    """`4 weeks before, 30 Sep – 27 Oct 2026,` of a row of `overview`: what the time before is called."""
    span = period_text({"since": total["before_since"], "until": total["before_until"]}, visit)
    length = total["before_until"] - total["before_since"]
    return f"{numbers.counted(max(1, -(-round(length / timedelta(days=1)) // 7)), 'week')} before, {span},"


def period_line(visit: Visit, attrs: Row) -> str:
    """The exact period with its time zone, and why it ends where it ends."""
    if not attrs:
        return ""
    since, until = (attrs[name].astimezone(visit.zone) for name in ("since", "until"))
    zone = visit.zone.key
    if not (_is_midnight(since) and _is_midnight(until)):
        return f"{period_text(attrs, visit)} {zone}"
    first, last = numbers.weekday(since), numbers.weekday(until - timedelta(days=1))
    days = numbers.counted(days_of(attrs, visit), "day")
    if {"since", "until"} & visit.address.state.keys():
        end = "as set"
    elif until > visit.now and "as_of" not in visit.address.state:
        end = f"today until {visit.now.astimezone(visit.zone):%H:%M} {zone} is part of it"
    else:
        end = "it ends with the day of the newest vote"
    return f"{first} {numbers.RANGE} {last}, {days} in {zone}{DOT}{end}"


def foot_text(visit: Visit, answer: pd.DataFrame) -> str:
    """Period, filters and as-of, as they stand in the foot of each card."""
    attrs = answer.attrs
    as_of = f"as of {numbers.clock(attrs['as_of'], visit.zone)}" if attrs["as_of"] else "as of an empty store"
    told_filters = told(attrs["parameters"])
    parts = [f"{period_text(attrs, visit)} {visit.zone.key}", *([told_filters] if told_filters else []), as_of]
    return DOT.join([*parts, *attrs["notes"]])


def links(visit: Visit, answer: pd.DataFrame, events: Address | None = None) -> list[Component]:
    """The same numbers as files, whatever comes meanwhile; and the events behind them."""
    attrs = answer.attrs
    asked = {name: _plain(value) for name, value in attrs["parameters"].items()}
    taken = {parameter.name for parameter in question_named(attrs["question"]).parameters}
    pinned = {"since": attrs["since"], "until": attrs["until"], "as_of": attrs["positions"]}
    asked |= {name: _plain(value) for name, value in pinned.items() if name in taken and value}
    if "days" in asked and "since" in asked:
        del asked["days"]
    drawn: list[Component] = []
    for name, form in (("CSV", "csv"), ("Parquet", "parquet")):
        query = urlencode({**asked, "limit": "all", "format": form})
        file = f"{attrs['question']}.{form}"
        drawn.append(html.A(name, href=f"/v1/questions/{attrs['question']}?{query}", download=file))
    if events is not None:
        drawn.append(inside("Events behind", href=str(events)))
    return drawn


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


def reading(question: str, columns: Mapping[str, str], about: str = "") -> Component:
    """What the numbers of a card mean, one key away, in the words of the reference; columns: shown name by column.

    about: the part of the guide that says more.
    """
    meanings = {column.name: column.meaning for column in question_named(question).columns}
    terms = [
        part
        for column, shown in columns.items()
        for part in (html.Dt(shown), html.Dd(meanings[column][:1].upper() + meanings[column][1:] + "."))
    ]
    more = inside("More in How to read these numbers", href=f"/help#{about}" if about else "/help")
    return html.Details(
        [html.Summary("How to read this"), html.Div([html.Dl(terms), html.P(more)], className="meaning")],
        className="how",
    )


def _is_midnight(at: datetime) -> bool:
    return (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0)


def _top(visit: Visit) -> Component:
    here = "/articles" if visit.address.article_id is not None else visit.address.path
    links = [
        inside(one.name, href=str(visit.address.to(one.path)), **(aria(current="page") if one.path == here else {}))
        for one in PAGES
        if one.in_menu
    ]
    other = "Light" if visit.theme == "dark" else "Dark"
    return html.Header(
        html.Div(
            [
                inside([html.I(), "Feedback"], href=str(visit.address.to("/")), className="brand"),
                html.Nav(links, **aria(label="Pages")),
                html.Div(
                    [
                        html.Div(views_menu(visit), id="live-views"),
                        inside("Help", href="/help", className="btn quiet"),
                        html.Button(other, id="theme-button", className="btn quiet", title=f"{other} theme"),
                    ],
                    className="tools",
                ),
            ],
            className="wrap",
        ),
        className="top",
    )


def _freshness(visit: Visit, fresh: Row | None) -> list[Component]:
    """Live or not, as of when; and what the page's script may have to say instead."""
    is_live = fresh is not None and not visit.is_stale and "as_of" not in visit.address.state
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
    if "as_of" in visit.address.state:
        known = numbers.moment(fresh["as_of"], visit.zone) if fresh["as_of"] else "a time before all votes"
        return [f"As known at {known} · ", inside("Back to now", href=str(visit.address.without("as_of")))]
    if not has_votes(fresh):
        return ["Listening · last looked ", html.Time(numbers.clock(visit.now), className="looked")]
    as_of = f"as of {numbers.moment(fresh['as_of'], visit.zone)}"
    if visit.is_stale:
        return ["Not live · ", as_of, " · ", ago(fresh["as_of"], visit.now)]
    return ["Live · ", as_of, " · newest vote ", ago(fresh["newest_received_at"], visit.now)]


def _banners(visit: Visit, fresh: Row | None) -> list[Component]:
    banners: list[Component] = []
    if visit.is_stale and fresh is not None:
        text = sentences.stale(
            fresh["as_of"], visit.live.waiting_seconds(visit.now), visit.live.behind_records or 0, visit.zone
        )
        banners.append(
            html.Div([icon("clock"), html.P(said(text, visit.address))], className="banner stale", role="status")
        )
    if visit.address.problem:
        banners.append(
            html.Div([icon("warning"), html.P(visit.address.problem)], className="banner note", role="status")
        )
    return banners


def _what_is_missing(cards: Sequence[Component]) -> list[Component]:
    """A page of which parts failed and others did not is partial: it names those parts, and why they are not there.

    Where all failed there is nothing partial about it, and each card says so.
    """
    parts = list(_parts_of(cards))
    missing = [part for part in parts if hasattr(part, "data-missing")]
    names = (str(getattr(part, "className", "")) for part in parts)
    drawn = [name for name in names if name.startswith("card ")]
    failed = [name for name in drawn if name.startswith("card failed")]
    if not missing or len(failed) == len(drawn):
        return []
    named = " ".join(f"{getattr(part, 'data-missing')}: {_within(getattr(part, 'data-why'))}" for part in missing)
    told: Content = [html.B("Part of this page is missing."), f" {named} What else is shown is complete."]
    return [html.Div(html.P(told), className="banner partial", role="status")]


def _within(sentence: str) -> str:
    """As it stands after a colon."""
    return sentence[:1].lower() + sentence[1:]


def _parts_of(content: Any) -> Iterator[Component]:
    """All components, from the outer to the inner."""
    if isinstance(content, list | tuple):
        for one in content:
            yield from _parts_of(one)
    elif isinstance(content, Component):
        yield content
        yield from _parts_of(getattr(content, "children", None))


def _foot(visit: Visit, fresh: Row | None) -> Component:
    address = visit.address.origin + str(visit.address)
    return html.Div(
        [] if fresh is None else _ledger(visit, fresh), id="live-foot", className="foot", **data(address=address)
    )


def _ledger(visit: Visit, fresh: Row) -> list[Component]:
    try:
        row = balance(visit)
    except FeedbackError as error:
        return [html.Span(f"The ledger could not be read (code {note_failure('ledger', error)})", className="bad")]
    terms = PLUS.join(f"{numbers.count(row[name])} {name}" for name in OUTCOMES)
    holds = balances(row)
    behind = visit.live.behind_records
    as_of = f" as of {numbers.clock(fresh['as_of'], visit.zone)}" if visit.is_stale and fresh["as_of"] else ""
    balanced = "Ledger balances" if holds else "The ledger does not balance"
    waits = "the log cannot be seen from here" if behind is None else f"{numbers.count(behind)} behind in the log"
    health = inside("Data health", href=str(visit.address.to("/health")))
    return [
        html.Span(f"{balanced}{as_of}", className="ok" if holds else "ok bad"),
        html.Span(f"{numbers.count(row['received'])} received{EQUALS if holds else ' ≠ '}{terms}"),
        html.Span([f"{waits}{DOT}", health]),
    ]


def balance(visit: Visit) -> dict[str, int]:
    """What became of every record so far: received, and each outcome."""
    return sums_of_ledger(visit.look.ask("ledger", days="all", **visit.as_of))
