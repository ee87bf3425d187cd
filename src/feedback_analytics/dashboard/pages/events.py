"""The events behind a number: one row per event, newest first, with the place in the log that proves it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import numbers
from feedback_analytics.dashboard.pages.frame import (
    DOT,
    Page,
    attempt,
    foot_text,
    links,
    page,
    period_line,
    reading,
    told_of,
)
from feedback_analytics.dashboard.parts import aria, card, data, empty_card, inside, records
from feedback_analytics.dashboard.visit import Visit

Row = Mapping[str, Any]
ROWS = 200
OWN = ("of", "vote", "standing", "min_votes")
MEANS = {
    "occurred_at": "Answered",
    "received_at": "Taken",
    "vote": "Answer",
    "is_standing": "Stands",
    "reader_key": "Reader",
    "source": "Source",
    "log_offset": "Place in the log",
}


def events(visit: Visit, fresh: Row) -> Page:
    """The page at `/events`."""
    asked = _asked(visit)
    head = [
        html.H1("Events behind a number"),
        html.P(period_line(visit, told_of(visit, "events_behind", **asked)), id="live-period", className="sub"),
    ]
    cards = [attempt(visit, "events", "Events", partial(_card, visit, asked))]
    return page(visit, "Events behind a number", head, cards, fresh)


def _asked(visit: Visit) -> dict[str, Any]:
    own: dict[str, Any] = {name: visit.address.state[name] for name in OWN if name in visit.address.state}
    return {"most": visit.address.get("most", str(ROWS)), **own}


def _card(visit: Visit, asked: Mapping[str, Any]) -> Component:
    answer = visit.ask("events_behind", **asked)
    foot = foot_text(visit, answer)
    if answer.empty:
        return empty_card("events", "Events", "No event fits.", visit.address, foot)
    useful = int((answer["vote"] == "useful").sum())
    what = "Answers that stand" if asked.get("standing") != "no" else "Events"
    is_cut = any(note.startswith("Cut off") for note in answer.attrs["notes"])
    newest = "The newest of them, " if is_cut else ""
    says = f"{what}: {newest}{numbers.count(len(answer))}, of which {numbers.count(useful)} say useful."
    more = [inside("Show 1,000", href=str(visit.address.with_(most="1000")))] if is_cut and len(answer) < 1000 else []
    other = "no" if asked.get("standing") != "no" else None
    switch = inside(
        "Every event, retries apart" if other else "Only answers that stand",
        href=str(visit.address.with_(standing=other)),
    )
    return card(
        "events",
        "Events",
        html.Div(_table(visit, records(answer)), id="live-events"),
        says=says,
        foot=f"{numbers.counted(len(answer), 'event')}{DOT}{foot}",
        links=[*more, switch, *links(visit, answer)],
        reading=reading("events_behind", MEANS),
    )


def _table(visit: Visit, rows: list[dict[str, Any]]) -> Component:
    heads = ("Answered", "Answer", "Article", "Section", "Version", "Reader", "From", "Event", "Place in the log")
    head = html.Tr([html.Th(text, scope="col") for text in heads])
    body = [html.Tr(_cells(visit, row), **data(row=f"{row['source']} {row['event_id']}")) for row in rows]
    return html.Div(
        html.Table([html.Thead(head), html.Tbody(body)], className="events-t"),
        className="scroll",
        tabIndex=0,
        role="group",
        **aria(label="Events"),
    )


def _cells(visit: Visit, row: Row) -> list[Component]:
    answer = {"useful": "useful", "not_useful": "not useful", "retracted": "taken back"}[row["vote"]]
    came = " · ".join(row[name] for name in ("device", "locale", "referrer_host") if row[name])
    at = numbers.moment(row["occurred_at"], visit.zone)
    place = f"{row['log_topic']}[{row['log_partition']}]@{row['log_offset']}"
    taken = f"taken {numbers.moment(row['received_at'], visit.zone)}"
    return [
        html.Th(html.Span(at, title=taken), scope="row"),
        html.Td([answer, "" if row["is_standing"] else html.Span("replaced", className="more")]),
        html.Td(inside(row["article_id"], href=str(visit.address.of_article(row["article_id"])))),
        html.Td(row["section_id"] or html.Span("the whole", className="muted")),
        html.Td("" if row["article_version"] is None else str(row["article_version"])),
        html.Td(html.Code(row["reader_key"][:8], title=row["reader_key"])),
        html.Td(came),
        html.Td([html.Code(row["event_id"]), html.Span(row["source"] or "", className="more")]),
        html.Td(html.Code(place)),
    ]
