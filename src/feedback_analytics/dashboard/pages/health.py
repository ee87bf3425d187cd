"""Data health: the ledger, how fresh the numbers are, and what could not become a vote, with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from feedback_analytics.analytics import OUTCOMES, balances, numbers
from feedback_analytics.dashboard.figures import received_over_time
from feedback_analytics.dashboard.keeping import REPLAYS_PATH
from feedback_analytics.dashboard.pages.deliveries import TITLE, deliveries
from feedback_analytics.dashboard.pages.frame import (
    DOT,
    Page,
    attempt,
    balance,
    foot_text,
    links,
    page,
    period_line,
    reading,
    told_of,
)
from feedback_analytics.dashboard.pages.notes import sending
from feedback_analytics.dashboard.parts import (
    Content,
    ago,
    aria,
    card,
    data,
    empty_card,
    key_figure,
    records,
    scrolling,
)
from feedback_analytics.dashboard.visit import Visit

Row = Mapping[str, Any]
LEDGER_MEANS = {name: name.capitalize() for name in ("received", *OUTCOMES)}
LETTERS_MEANS = {
    "reason": "Reason",
    "field": "Field",
    "letters": "Events",
    "replayed": "Replayed",
    "expected": "Allowed",
    "found": "Found",
}


def health(visit: Visit, fresh: Row) -> Page:
    """The page at `/health`."""
    line = period_line(visit, told_of(visit, "ledger"))
    head = [html.H1("Data health"), html.P(f"Events received {line}", id="live-period", className="sub")]
    cards = [
        attempt(visit, "ledger", "The ledger", partial(_ledger, visit)),
        attempt(visit, "fresh", "Freshness", partial(_figures, visit, fresh)),
        attempt(visit, "received", "Events by hour of receipt", partial(_received, visit)),
        attempt(visit, "letters", "Dead letters by reason", partial(_letters, visit)),
        attempt(visit, "deliveries", TITLE, partial(deliveries, visit)),
    ]
    return page(visit, "Data health", head, cards, fresh)


def _ledger(visit: Visit) -> Component:
    total = balance(visit)
    holds = balances(total)
    answer = visit.ask("ledger")
    sources = answer.groupby("source", as_index=False)[["received", *OUTCOMES]].sum()
    rows = records(sources.sort_values(["received", "source"], ascending=[False, True]))
    n = numbers.counted(int(answer["received"].sum()), "event")
    signs = ["=" if holds else "≠", "+", "+", "+"]
    terms: list[Component] = [html.Div([html.B(numbers.count(total["received"])), html.Span("received, ever")])]
    for sign, name in zip(signs, OUTCOMES, strict=True):
        terms += [html.I(sign), html.Div([html.B(numbers.count(total[name])), html.Span(_NAMES[name])])]
    heads = [html.Th("Source", scope="col")]
    heads += [html.Th(name.capitalize(), scope="col", className="num") for name in ("received", *OUTCOMES)]
    heads.append(html.Th("Check", scope="col"))
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody([_source(row) for row in rows])])
    says = (
        "Every event that was answered “accepted” is accounted for, to the last one."
        if holds
        else "What was received and what became of it differ. `feedback ledger` says where."
    )
    return card(
        "ledger",
        "The ledger balances" if holds else "The ledger does not balance",
        [
            html.Div(terms, id="live-equation", className="equation"),
            html.Div(
                scrolling(table, "By source"),
                id="live-ledger",
            ),
        ],
        says=says,
        foot=f"{n} in the period, by source; by hour in the files{DOT}{foot_text(visit, answer)}",
        links=[*links(visit, answer), html.Span(["To the single event: ", html.Code("feedback ledger")])],
        reading=reading("ledger", LEDGER_MEANS),
    )


_NAMES = {"stored": "stored", "duplicate": "duplicates, kept once", "dead": "dead letters", "moved": "moved home"}


def _source(row: Row) -> Component:
    holds = balances(row)
    cells = [html.Td(numbers.count(row[name]), className="num") for name in ("received", *OUTCOMES)]
    check = html.Span("balances" if holds else "does not balance", className="ok" if holds else "ok bad")
    return html.Tr([html.Th(html.Code(row["source"]), scope="row"), *cells, html.Td(check)], **data(row=row["source"]))


def _figures(visit: Visit, fresh: Row) -> Component:
    behind = visit.live.behind_records
    letters = visit.look.ask("dead_letters", days="all")
    open_letters = int(letters["letters"].sum() - letters["replayed"].sum())
    waited = visit.live.waiting_seconds(visit.now)
    newest: Content = [ago(fresh["newest_received_at"], visit.now)] if fresh["newest_received_at"] else "–"
    waiting = "?" if behind is None else numbers.count(behind)
    waits = f"the oldest for {numbers.age(waited)}" if waited else "nothing waits"
    figures = [
        key_figure(
            "newest",
            "Newest event on the pages",
            newest,
            f"taken at {numbers.moment(fresh['newest_received_at'], visit.zone)}"
            if fresh["newest_received_at"]
            else "none yet",
            f"committed at {numbers.clock(fresh['as_of'], visit.zone)}" if fresh["as_of"] else "",
        ),
        key_figure(
            "behind",
            "Waiting in the log",
            waiting,
            "events in the log, not yet counted",
            waits if behind is not None else "the log cannot be seen from here",
        ),
        key_figure(
            "open",
            "Dead letters not replayed",
            numbers.count(open_letters),
            f"in {numbers.counted(len(letters), 'reason')}, bytes kept",
            "of all time",
        ),
        key_figure(
            "records",
            "Records processed",
            numbers.count(fresh["records"]),
            "of the log, ever",
            "the ledger above counts each",
        ),
    ]
    return html.Div(figures, className="figures")


def _received(visit: Visit) -> Component:
    answer = visit.ask("ledger")
    by_hour = answer.groupby("hour", as_index=False)[["received", "dead"]].sum()
    foot = foot_text(visit, answer)
    if by_hour.empty:
        return empty_card(
            "received", "Events by hour of receipt", "No events were received in these days.", visit.address, foot
        )
    busiest = records(by_hour.sort_values(["received", "hour"], ascending=[False, True]).head(1))[0]
    at = busiest["hour"].astimezone(visit.zone)
    n, hours = numbers.counted(int(by_hour["received"].sum()), "event"), numbers.counted(len(by_hour), "hour")
    says = (
        f"{n} came in {hours} with events; most, "
        f"{numbers.count(busiest['received'])}, in the hour from {numbers.day(at)}, {at:%H:%M}."
    )
    figure = received_over_time(by_hour, visit.theme, visit.zone)
    chart = html.Div(
        dcc.Graph(id="live-received", figure=figure, config={"displayModeBar": False, "responsive": True}),
        className="plot low",
        role="img",
        **aria(labelledby="received-title live-received-says"),
    )
    return card(
        "received",
        "Events by hour of receipt",
        [chart, _hours(by_hour, visit)],
        says=says,
        foot=f"events as the log took them; dead letters hatched{DOT}{foot}",
        links=links(visit, answer),
        reading=reading("ledger", LEDGER_MEANS),
    )


MOST_HOURS = 24 * 14


def _hours(by_hour: pd.DataFrame, visit: Visit) -> Component:
    rows = records(by_hour.sort_values("hour", ascending=False).head(MOST_HOURS))
    body = [
        html.Tr(
            [
                html.Th(f"{numbers.day(at)}, {at:%H:%M}", scope="row"),
                html.Td(numbers.count(row["received"]), className="num"),
                html.Td(numbers.count(row["dead"]), className="num"),
            ]
        )
        for row in rows
        for at in [row["hour"].astimezone(visit.zone)]
    ]
    heads = [
        html.Th("Hour", scope="col"),
        html.Th("Received", scope="col", className="num"),
        html.Th("Dead", scope="col", className="num"),
    ]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(body, id="live-received-rows")])
    inner = scrolling(table, "Table by hour")
    return html.Details([html.Summary("Table"), inner], className="steps-table")


def _letters(visit: Visit) -> Component:
    answer = visit.ask("dead_letters")
    title, foot, rows = "Dead letters by reason", foot_text(visit, answer), records(answer)
    if not rows:
        return card("letters", title, "", says="Every event that was received in these days could be read.", foot=foot)
    letters = sum(row["letters"] for row in rows)
    worst = answer.groupby("source")["letters"].sum().sort_values(ascending=False, kind="stable")
    says: Content = [
        f"{numbers.counted(letters, 'event')} could not become a vote or an article. Ask ",
        html.Code(str(worst.index[0])) if len(worst) else "their emitters",
        f" first: {numbers.count(worst.iloc[0])} of them stand with its name." if len(worst) else " first.",
    ]
    heads = [html.Th(text, scope="col") for text in ("Reason and field", "What was found, what is allowed")]
    heads += [html.Th(text, scope="col", className="num") for text in ("Events", "Replayed")]
    heads += [html.Th(text, scope="col") for text in ("Source", "Last", "The newest")]
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([_letter(visit, row) for row in rows])], className="letters-t"
    )
    how = html.P(
        [
            "Their bytes are kept. When the fault is mended, send them through the log again, here or by ",
            html.Code("feedback dead-letters replay"),
            "; each stays counted, and what is still no event stays dead.",
        ],
        className="small muted",
    )
    return card(
        "letters",
        title,
        [
            html.Div(scrolling(table, title), id="live-letters"),
            how,
            html.Div(_sending_again(answer), id="live-replays", className="replays"),
        ],
        says=says,
        foot=f"{numbers.counted(letters, 'dead letter')}{DOT}{foot}",
        links=links(visit, answer),
        reading=reading("dead_letters", LETTERS_MEANS),
    )


def _sending_again(answer: pd.DataFrame) -> list[Component]:
    """A button for each reason of which letters were not sent again yet."""
    counts = answer.groupby("reason", sort=True)[["letters", "replayed"]].sum()
    waiting = counts["letters"] - counts["replayed"]
    return [
        sending(REPLAYS_PATH, {"reason": reason}, [], f"Send {numbers.count(left)} again", f"Send {reason} again")
        for reason, left in waiting[waiting > 0].items()
    ]


def _letter(visit: Visit, row: Row) -> Component:
    reason = row["reason"].replace("_", " ").capitalize()
    found = f"found {row['found']}" if row["found"] else "not readable"
    allowed = f"; allowed: {row['expected']}" if row["expected"] else ""
    return html.Tr(
        [
            html.Th([html.B(reason), html.Span(row["field"] or "the whole event", className="more")], scope="row"),
            html.Td(f"{found}{allowed}"),
            html.Td(numbers.count(row["letters"]), className="num"),
            html.Td(numbers.count(row["replayed"]), className="num"),
            html.Td(html.Code(row["source"] or "not readable")),
            html.Td(numbers.moment(row["last_at"], visit.zone)),
            html.Td(html.Code(f"feedback dead-letters show {row['example_id']}")),
        ],
        **data(row=f"{row['reason']} {row['field']}"),
    )
