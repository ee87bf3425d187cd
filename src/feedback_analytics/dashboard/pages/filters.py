"""The filters of a page, read as a phrase: period, topic, author, label, and whatever else is set or can be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import numbers, sentences
from feedback_analytics.dashboard.address import COMMON_NAMES, FILTERS, PERIODS, Address
from feedback_analytics.dashboard.parts import aria, choice, field, inside
from feedback_analytics.dashboard.visit import LASTING_SECONDS, Visit
from feedback_analytics.errors import FeedbackError

PERIOD_NAMES = {"7": "7 days", "28": "28 days", "90": "90 days", "all": "All days"}
MOST_OPTIONS = 200
# Topics or authors to choose from; with more of them the name is typed.
SHOWN = ("topic", "author", "ai")
LATER = (
    "since",
    "until",
    "as_of",
    "kind",
    "language",
    "device",
    "source",
    "locale",
    "referrer",
    "article_id",
    "section_id",
)
LABELS = {
    "since": "From day",
    "until": "Before day",
    "as_of": "As known at",
    "kind": "Kind of section",
    "language": "Language",
    "device": "Device",
    "source": "Source",
    "locale": "Locale",
    "referrer": "Came from",
    "article_id": "Article’s id",
    "section_id": "Section’s id",
    "topic": "Topic",
    "author": "Author",
    "ai": "Label AI",
}
EXAMPLES = {
    "since": "2026-11-01",
    "until": "2026-11-23",
    "as_of": "2026-11-23T10:00:00Z",
    "locale": "en-GB",
    "device": "mobile",
}


def filters(visit: Visit) -> Component:
    """The bar above a page. A form that works by links and by the page's script, which follows it without a reload."""
    address = visit.address
    takes = address.page.takes if address.page else ()
    later = [name for name in LATER if name in takes]
    return html.Form(
        [
            *([periods(address)] if "days" in takes else []),
            *(_chosen(visit) if "topic" in takes else []),
            *(_removable(name, address) for name in later if name in address.state),
            html.Details(
                [
                    html.Summary("+ Filter", className="pick"),
                    html.Div([*(_control(name, address) for name in later), _buttons(address)], className="panel"),
                ],
                className="more-filters",
            ),
        ],
        id="filters",
        action=str(address).partition("?")[0],
        method="get",
        className="phrase",
        **aria(label="Filters"),
    )


def _chosen(visit: Visit) -> list[Component]:
    """What is asked for most, without opening anything."""
    address = visit.address
    topics, authors = _known(visit)
    return [
        choice("topic", address.get("topic"), [("", "All topics"), *((t, t) for t in topics)], "Topic"),
        choice("author", address.get("author"), [("", "All authors"), *((a, a) for a in authors)], "Author"),
        choice("ai", address.get("ai"), [("", "AI and human"), ("yes", "AI only"), ("no", "Human only")], "Label"),
    ]


def periods(address: Address) -> Component:
    """The periods to choose from; links, so that back, forward and copying work."""
    return html.Span(
        [
            inside(
                PERIOD_NAMES[days],
                href=str(address.with_days(days)),
                className="pick set" if days == address.days else "pick",
                **(aria(current="true") if days == address.days else {}),
            )
            for days in PERIODS
        ],
        className="periods",
        role="group",
        **aria(label="Period"),
    )


def told(parameters: Mapping[str, Any]) -> str:
    """The filters that an answer was made with, as one line of text; empty without any."""
    set_ones = [(LABELS[name].lower(), parameters[name]) for name in FILTERS if name in parameters]
    return f"{numbers.FIXED}· ".join(f"{name}: {_words(value)}" for name, value in set_ones)


def _words(value: object) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _known(visit: Visit) -> tuple[list[str], list[str]]:
    """Topics and authors to choose from, by name."""
    try:
        articles = visit.look.ask("articles", lasting_seconds=LASTING_SECONDS)
    except FeedbackError:
        return [], []
    return _options(articles["topic"]), _options(articles["author"])


def _options(names: Iterable[str | None]) -> list[str]:
    return sorted({name for name in names if name})[:MOST_OPTIONS]


def _removable(name: str, address: Address) -> Component:
    value = address.get(name)
    short = value if len(value) <= 40 else value[:39] + "…"
    link = str(address.without(name))
    text = f"{LABELS[name]}: {short}"
    return inside(
        [text, html.Span(" ×", **aria(hidden="true"))], href=link, className="pick set", title=f"Remove {text}"
    )


def _control(name: str, address: Address) -> Component:
    value = address.get(name)
    if name == "kind":
        kinds = [("", "All kinds"), *sentences.KINDS.items()]
        return html.Label([html.Span(LABELS[name]), choice(name, value, kinds, LABELS[name])], className="field")
    return field(name, value, label=LABELS[name], placeholder=EXAMPLES.get(name, ""))


def _buttons(address: Address) -> Component:
    links: list[Component] = [html.Button("Apply", className="btn main")]
    if any(name in address.state for name in COMMON_NAMES):
        links.append(inside("Clear all", href=str(address.without(*COMMON_NAMES)), className="btn quiet"))
    return html.Div(links, className="acts")
