"""Alerts: what fell, with false alarms under control, and what of it was told before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import numbers, sentences
from feedback_analytics.dashboard.address import Address
from feedback_analytics.dashboard.marks import difference_axis, difference_cell, difference_mark
from feedback_analytics.dashboard.pages.frame import DOT, Page, links, page, period_text, reading, slow
from feedback_analytics.dashboard.parts import aria, card, data, field, inside, records, said
from feedback_analytics.dashboard.visit import LASTING_SECONDS, Visit
from feedback_analytics.errors import FeedbackError

Row = Mapping[str, Any]
OWN = ("window_days", "base_days", "least_points")
WINDOW_DAYS, BASE_DAYS, LEAST_POINTS = "7", "28", "5"
SHORT = 4
"""Alerts on the overview; the rest is one click away."""
MEANS = {
    "useful_share": "Since",
    "useful_share_before": "Before",
    "difference": "Points",
    "false_share": "False alarms",
    "targets_watched": "Watched",
    "state": "State",
    "told_at": "Told",
}


def alerts(visit: Visit, fresh: Row) -> Page:
    """The page at `/alerts`."""
    head = [html.H1("Alerts"), html.P(_window(visit), id="live-period", className="sub"), _form(visit.address)]
    drawn = slow(visit, "drops", "What fell", "what fell", partial(_card, visit), _is_known(visit))
    return page(visit, "Alerts", head, [drawn], fresh, waits=not _is_known(visit))


def changed_card(visit: Visit) -> tuple[Component, bool]:
    """What fell, in a few sentences for the overview; and whether it is still counted."""
    known = _is_known(visit)
    draw = partial(_short, visit)
    return html.Div(slow(visit, "changed", "What fell", "what fell", draw, known), className="c4 whole"), not known


def _asked(visit: Visit) -> dict[str, Any]:
    own: dict[str, Any] = {name: visit.address.state[name] for name in OWN if name in visit.address.state}
    return visit.asked("drops", **own)


def _is_known(visit: Visit) -> bool:
    try:
        return visit.look.knows("drops", lasting_seconds=LASTING_SECONDS, **_asked(visit))
    except FeedbackError:
        return True


def _window(visit: Visit) -> str:
    window = numbers.counted(int(visit.address.get("window_days", WINDOW_DAYS)), "day")
    base = numbers.counted(int(visit.address.get("base_days", BASE_DAYS)), "day")
    least = numbers.counted(int(visit.address.get("least_points", LEAST_POINTS)), "point")
    return f"The newest {window} against the {base} before, in {visit.zone.key}{DOT}told from {least} on"


def _form(address: Address) -> Component:
    names = {"window_days": ("Window, days", WINDOW_DAYS), "base_days": ("Before, days", BASE_DAYS)}
    names["least_points"] = ("More than, points", LEAST_POINTS)
    controls = [
        field(name, address.get(name), label=label, placeholder=default, inputmode="numeric", size="5")
        for name, (label, default) in names.items()
    ]
    return html.Div(
        html.Form(
            [*controls, html.Button("Watch", className="btn")],
            action="/alerts",
            method="get",
            className="phrase rows-form",
            **aria(label="What is watched"),
        ),
        id="live-watch",
    )


def _card(visit: Visit) -> Component:
    answer = visit.look.ask("drops", lasting_seconds=LASTING_SECONDS, **_asked(visit))
    rows = records(answer)
    foot = _foot(visit, answer.attrs, rows)
    if not rows:
        says = " ".join(answer.attrs["notes"])
        return card("drops", "Nothing fell", "", says=says, foot=foot, links=links(visit, answer))
    new = sum(row["state"] == "new" for row in rows)
    heads = [html.Th("Fell", scope="col"), html.Th(difference_axis(), scope="col", className="mark")]
    heads += [html.Th(text, scope="col", className="num") for text in ("Points", "Before", "Since")]
    heads.append(html.Th("State", scope="col"))
    body = [_row(visit, row, answer.attrs["until"]) for row in rows]
    says = (
        f"{numbers.counted(len(rows), 'share')} surely fell by more than "
        f"{numbers.counted(int(visit.address.get('least_points', LEAST_POINTS)), 'point')}; "
        f"{numbers.count(new)} not told yet. Looked at: {numbers.counted(rows[0]['targets_watched'], 'target')}; "
        "of what is told, at most 1 in 20 is false."
    )
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)], className="rank-t diff-t alerts-t stack")
    return card(
        "drops",
        "What fell",
        html.Div(table, className="scroll"),
        says=says,
        foot=foot,
        links=links(visit, answer),
        reading=reading("drops", MEANS, "a-drop-is-told-once"),
    )


def _foot(visit: Visit, attrs: Row, rows: list[dict[str, Any]]) -> str:
    n = span = ""
    if rows:
        votes, before = (sum(row[name] for row in rows) for name in ("votes", "votes_before"))
        n = f"{numbers.counted(votes, 'vote')} since, {numbers.count(before)} before{DOT}"
        since, base = rows[0]["window_since"], rows[0]["base_since"]
        window = period_text({"since": since, "until": attrs["until"]}, visit)
        span = f"{window} against {period_text({'since': base, 'until': since}, visit)}{DOT}"
    as_of = numbers.clock(attrs["as_of"], visit.zone) if attrs["as_of"] else "an empty store"
    return f"{n}{span}{visit.zone.key}{DOT}looked at once a minute{DOT}as of {as_of}"


def _row(visit: Visit, row: Row, until: datetime) -> Component:
    before = _events(visit, row, row["base_since"], row["window_since"])
    since = _events(visit, row, row["window_since"], until)
    told = f"told {numbers.day(row['told_at'].astimezone(visit.zone))}" if row["told_at"] else "not told yet"
    recovered = f"recovered {numbers.day(row['recovered_at'].astimezone(visit.zone))}" if row["recovered_at"] else ""
    return html.Tr(
        [
            html.Th(_name(visit, row), scope="row"),
            html.Td(difference_mark(row), className="mark"),
            html.Td(difference_cell(row), className="num share"),
            html.Td(_share("before", row["useful_share_before"], row["votes_before"], before), className="num share"),
            html.Td(_share("since", row["useful_share"], row["votes"], since), className="num share"),
            html.Td([html.B(row["state"]), html.Span(f"{told} {recovered}", className="more")]),
        ],
        **data(row=f"{row['family']} {row['article_id']}#{row['section_id']} {row['group']}"),
    )


def _share(when: str, share: float, votes: int, events: str) -> list[Component]:
    """A share above its votes, which lead to the events behind it; when: for a phone, where the heads are left out."""
    said = inside(numbers.counted(votes, "vote"), href=events)
    return [html.B(numbers.percent(share)), html.Span([said, html.Span(f" {when}", className="nv")])]


def _events(visit: Visit, row: Row, since: datetime, until: datetime) -> str:
    """The address of the events of the row's target in a part of what is compared."""
    begin, end = (at.astimezone(UTC).isoformat().replace("+00:00", "Z") for at in (since, until))
    return str(visit.address.to("/events", **_target(row), since=begin, until=end, days=None))


def _name(visit: Visit, row: Row) -> list[Component]:
    match row["family"]:
        case "topic":
            link = inside(row["group"], href=str(visit.address.to("/articles", topic=row["group"])), className="ttl")
            return [link, html.Span("topic", className="meta")]
        case "section":
            name, about = row["heading"] or row["section_id"], f"section of {row['title']}"
        case _:
            name, about = row["title"] or row["article_id"], "article"
    link = inside(name, href=str(visit.address.of_article(row["article_id"])), className="ttl")
    return [link, html.Span(html.Bdi(about), className="meta")]


def _target(row: Row) -> dict[str, str | None]:
    match row["family"]:
        case "topic":
            return {"of": "articles", "topic": row["group"]}
        case "section":
            return {"of": "sections", "article_id": row["article_id"], "section_id": row["section_id"]}
        case _:
            return {"of": "articles", "article_id": row["article_id"]}


def _short(visit: Visit) -> Component:
    answer = visit.look.ask("drops", lasting_seconds=LASTING_SECONDS, **_asked(visit))
    rows = records(answer)
    until = answer.attrs["until"]
    items = [
        html.Li(
            [
                *said(sentences.drop(row), visit.address),
                " ",
                inside("Events behind", href=_events(visit, row, row["base_since"], until), className="micro"),
            ]
        )
        for row in rows[:SHORT]
    ]
    says = _window(visit) if rows else " ".join(answer.attrs["notes"])
    all_of = inside(
        f"All {numbers.counted(len(rows), 'alert')}" if rows else "Alerts", href=str(visit.address.to("/alerts"))
    )
    return card(
        "changed",
        "What fell",
        html.Ul(items, className="changes") if items else "",
        says=says,
        foot=_foot(visit, answer.attrs, rows),
        links=[all_of],
        width=4,
    )
