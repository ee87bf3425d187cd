"""The parts that pages are made of: cards, sentences, links, tables of steps. All text from outside is text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import MIN_VOTES, numbers, sentences
from feedback_analytics.dashboard.address import Address
from feedback_analytics.dashboard.figures import weeks_back
from feedback_analytics.dashboard.markup import INPUT

Content = Component | str | Sequence["Component | str"]
Row = Mapping[str, Any]


def card(
    name: str,
    title: str,
    body: Content,
    *,
    says: Content = "",
    foot: Content = "",
    links: Content = "",
    reading: Component | str = "",
    beside: Content = "",
    missing: Component | str = "",
    width: int = 12,
) -> Component:
    """A card: title, what it says, the figure, and a foot. `name` makes its parts live: they change in place.

    links: to the same numbers as files, and to the events behind; reading: what the numbers mean, one key away; beside:
    what may appear beside the title, its space is kept; missing: as of `missing_part`, which part of it is not there.
    """
    return html.Section(
        [
            html.Header([html.H2(title, id=f"{name}-title"), html.Span(beside, id=f"live-{name}-beside")]),
            html.P(says, id=f"live-{name}-says", className="says"),
            *([missing] if missing else []),
            html.Div(body, className="body"),
            footer(name, foot, links),
            reading,
        ],
        className=f"card partial c{width}" if missing else f"card c{width}",
        **aria(labelledby=f"{name}-title"),
    )


def missing_part(part: str, what: str, code: str) -> Component:
    """In a card that shows all but one part: which one, why, and a code to quote. part: its name, as a subject."""
    told: Content = [html.B(f"{part} cannot be shown."), f" {what} All else here is complete. Code {code}."]
    return html.P(told, className="part", role="status", **data(missing=part, why=what))


def footer(name: str, foot: Content, links: Content = "") -> Component:
    return html.Footer(
        [html.Span(foot, id=f"live-{name}-foot"), html.Span(links, id=f"live-{name}-links", className="links")]
    )


def key_figure(name: str, title: str, big: Content, span: Content, note: Content) -> Component:
    """One number with its interval or n below, and a note that says how to read it."""
    return html.Section(
        [
            html.H2(title),
            html.P(big, id=f"live-{name}-big", className="big"),
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
        **data(missing=title, why=what),
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
    """A card without votes in the period: what is set, by name, and ways out; no chart and no zero."""
    words = [html.P(html.B(what)), html.Div(_ways_out(address), className="acts")]
    return html.Section(
        [
            html.Header(html.H2(title, id=f"{name}-title")),
            html.Div(words, className="hole"),
            html.Footer(html.Span(foot, id=f"live-{name}-foot")),
        ],
        className=f"card empty c{width}",
        **aria(labelledby=f"{name}-title"),
    )


def _ways_out(address: Address) -> list[Component]:
    """A link for each thing that narrows the page, without it."""
    ways = []
    if address.days != "all":
        ways.append(inside("Show all days", href=str(address.with_days("all")), className="btn"))
    for name, value in address.filters.items():
        short = value if len(value) <= 40 else value[:39] + "…"
        ways.append(inside(f"Without {name} = {short}", href=str(address.without(name)), className="btn"))
    return ways


def waiting_card(name: str, title: str, what: str, width: int = 12) -> Component:
    """A card that is still counted: bars in the shape of what will come, and what is being counted."""
    bars = [html.Span(className="skel", style={"width": wide}) for wide in ("72%", "91%", "58%")]
    return html.Section(
        [
            html.Header(html.H2(title, id=f"{name}-title")),
            html.Div([*bars, html.P(what, className="small muted")], className="hole waits", role="status"),
        ],
        className=f"card c{width}",
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


def steps_table(
    table: pd.DataFrame, name: str, step: str, zone: tzinfo = UTC, events: Address | None = None
) -> Component:
    """The table of a chart, one key away: a row per step with votes, the latest first.

    events: the address of the events of the whole period; each row then leads to its own.
    """
    before = weeks_back(table)
    has_late = "late_votes" in table and bool(table["late_votes"].notna().any())
    rows = [
        _step_row(row, step, zone, events, has_late=has_late, has_before=bool(before))
        for row in records(table.iloc[::-1])
        if row["votes"] > 0 or (before and row["votes_before"])
    ]
    heads = (
        "Useful",
        "95 % interval, one look",
        "Votes",
        *(["Of them late"] if has_late else []),
        *([before.capitalize()] if before else []),
    )
    head = [html.Th(step.capitalize(), scope="col")]
    head += [html.Th(text, scope="col", className="num") for text in heads]
    return html.Details(
        [
            html.Summary("Table"),
            scrolling(
                html.Table([html.Thead(html.Tr(head)), html.Tbody(rows, id=f"live-{name}-rows")]), f"Table by {step}"
            ),
        ],
        className="steps-table",
    )


def _step_row(
    row: Row, step: str, zone: tzinfo, events: Address | None, *, has_late: bool, has_before: bool
) -> Component:
    few = row["votes"] < MIN_VOTES
    span = numbers.percent_range(row["useful_share_low"], row["useful_share_high"]) if not few else ""
    votes = _votes_between(row["votes"], row["step_at"], row["ends_at"], events)
    cells = [
        html.Th(_step_name(row["step_at"].astimezone(zone), step), scope="row"),
        html.Td("" if few else numbers.percent(row["useful_share"]), className="num"),
        html.Td(f"from {MIN_VOTES} votes" if few else span, className="num"),
        html.Td(votes, className="num"),
    ]
    if has_late:
        cells.append(html.Td(numbers.count(row["late_votes"] or 0), className="num"))
    if has_before:
        cells.append(html.Td(_before(row, events), className="num"))
    return html.Tr(cells)


def _before(row: Row, events: Address | None) -> Content:
    """The share of the step before, of its votes."""
    if not row["votes_before"]:
        return "no votes" if row["before_at"] else ""
    votes = _votes_between(row["votes_before"], row["before_at"], row["before_ends_at"], events)
    if row["useful_share_before"] is None:
        return [votes, " votes" if row["votes_before"] > 1 else " vote"]
    return [f"{numbers.percent(row['useful_share_before'])} of ", votes]


def _votes_between(votes: int, since: datetime, until: datetime, events: Address | None) -> Component | str:
    """A count of votes, which leads to the events behind it."""
    if events is None:
        return numbers.count(votes)
    begin, end = (at.astimezone(UTC).isoformat().replace("+00:00", "Z") for at in (since, until))
    return inside(numbers.count(votes), href=str(events.with_(since=begin, until=end, days=None)))


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of an answer as dicts; what is missing is None, whatever pandas calls it."""
    return [
        {str(name): None if _is_missing(value) else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)


def _step_name(at: datetime, step: str) -> str:
    names = {"hour": f"{numbers.day(at)}, {at:%H:%M}", "month": f"{at:%b %Y}", "week": f"week of {numbers.day(at)}"}
    return names.get(step, numbers.weekday(at))


def scrolling(table: Component, label: str) -> Component:
    """A table that may be wider than its card: it scrolls by itself, by keyboard too."""
    return html.Div(table, className="scroll", tabIndex=0, role="group", **aria(label=label))


def field(name: str, value: str = "", *, type: str = "text", label: str, **told: str) -> Component:
    """A text control with its label. told: attributes of the control, such as placeholder."""
    own: dict[str, Any] = {
        f"{INPUT}{key}": text for key, text in {"name": name, "value": value, "type": type, **told}.items()
    }
    return html.Label([html.Span(label), html.Span(**{**own, f"{INPUT}autocomplete": "off"})], className="field")


def choice(name: str, chosen: str, options: Sequence[tuple[str, str]], label: str) -> Component:
    """A control of options (value, text); the first one stands for nothing chosen. An unlisted choice is shown too."""
    known = [value for value, _ in options]
    listed = [*options, *([(chosen, chosen)] if chosen and chosen not in known else [])]
    drawn = [html.Option(text, value=value, selected=value == chosen) for value, text in listed]
    return html.Select(drawn, className="pick set" if chosen else "pick", **data(name=name), **aria(label=label))


def ago(at: datetime, now: datetime) -> Component:
    """How long ago, kept going by the page's script."""
    return html.Time(
        f"{numbers.age((now - at).total_seconds())} ago", dateTime=at.astimezone(UTC).isoformat(), className="ago"
    )


def icon(name: str) -> Component:
    """A sign drawn by the style sheet; the words beside it say what it means."""
    return html.Span(className=f"ico {name}", **aria(hidden="true"))
