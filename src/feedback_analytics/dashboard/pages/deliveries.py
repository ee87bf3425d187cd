"""The card of Data health that shows what the service sent by itself, and what it could not send yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import numbers
from feedback_analytics.dashboard.pages.frame import DOT, links
from feedback_analytics.dashboard.parts import Content, card, data, records, scrolling
from feedback_analytics.dashboard.visit import Visit

Row = Mapping[str, Any]
TITLE = "Reports and alerts"
MOST_SHOWN = 20
STATES = {"sent": "sent", "failed": "waits", "begun": "on its way"}


def deliveries(visit: Visit) -> Component:
    """The newest deliveries, those that failed first."""
    answer = visit.look.ask("deliveries")
    rows = records(answer)
    failed = [row for row in rows if row["state"] == "failed"]
    shown = [*failed, *(row for row in rows if row["state"] != "failed")][:MOST_SHOWN]
    said = f"{numbers.counted(len(rows), 'delivery', 'deliveries')} in all, {numbers.count(len(shown))} shown"
    as_of = answer.attrs["as_of"]
    foot = f"{said}, of all time" + (f"{DOT}as of {numbers.clock(as_of, visit.zone)}" if as_of else "")
    return card(
        "deliveries",
        TITLE,
        html.Div(_table(visit, shown), id="live-deliveries") if rows else "",
        says=_says(visit, rows, failed),
        foot=foot,
        links=links(visit, answer),
    )


def _says(visit: Visit, rows: list[dict[str, Any]], failed: list[dict[str, Any]]) -> Content:
    if not rows:
        schedule, alerts = html.Code("reports.schedule"), html.Code("reports.alert_seconds")
        return ["The service has sent none by itself. ", schedule, " and ", alerts, " say what it sends, and to whom."]
    if failed:
        count = numbers.counted(len(failed), "delivery", "deliveries")
        return f"{count} could not be sent yet, for the reason below. The service goes on trying: nothing is lost."
    newest = rows[0]
    return f"All that was due was sent, the newest at {numbers.moment(newest['written_at'], visit.zone)}."


def _table(visit: Visit, rows: list[dict[str, Any]]) -> Component:
    heads = [html.Th(text, scope="col") for text in ("What", "By", "State")]
    heads += [html.Th("Tries", scope="col", className="num"), html.Th("When", scope="col")]
    heads.append(html.Th("Told", scope="col"))
    body = html.Tbody([_row(visit, row) for row in rows])
    table = html.Table([html.Thead(html.Tr(heads)), body], className="deliveries-t")
    return scrolling(table, TITLE)


def _row(visit: Visit, row: Row) -> Component:
    first, last = row["since"].astimezone(visit.zone), row["until"].astimezone(visit.zone) - timedelta(microseconds=1)
    what = "Alert of drops" if row["kind"] == "alert" else f"Report of the {row['name']}"
    span = numbers.day(first) if first.date() == last.date() else f"{numbers.day(first)} to {numbers.day(last)}"
    state = html.Span(STATES[row["state"]], className="ok bad" if row["state"] == "failed" else "ok")
    return html.Tr(
        [
            html.Th([html.B(what), html.Span(span, className="more")], scope="row"),
            html.Td(row["way"]),
            html.Td(state),
            html.Td(numbers.count(row["tries"]), className="num"),
            html.Td(numbers.moment(row["written_at"], visit.zone)),
            html.Td(row["told"] or "–"),
        ],
        **data(row=f"{row['kind']} {row['name']} {row['since'].isoformat()} {row['way']}"),
    )
