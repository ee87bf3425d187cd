"""What people write beside the numbers: views saved under a name, and moments marked with a note."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import numbers
from feedback_analytics.dashboard.keeping import ANNOTATIONS_PATH, MOST_NAME, MOST_NOTE, VIEWS_PATH
from feedback_analytics.dashboard.parts import aria, data, field, inside, records
from feedback_analytics.dashboard.visit import Visit
from feedback_analytics.errors import FeedbackError

Row = Mapping[str, Any]


def views_menu(visit: Visit) -> Component:
    """The saved views, and a form that saves this one."""
    address = visit.address.without("page")
    views = _views(visit)
    items = [html.Li(_view(row)) for row in views or ()]
    saving = sending(
        VIEWS_PATH,
        {"address": str(address)},
        [field("name", label="Save this page as", maxlength=str(MOST_NAME), required="required")],
        "Save",
        "Save this page",
    )
    none = "They cannot be read just now." if views is None else "None yet."
    listed = html.Ul(items) if items else html.P(none, className="small muted")
    return html.Details(
        [
            html.Summary("Saved views", className="btn quiet"),
            html.Div([listed, saving], className="panel"),
        ],
        className="more-filters views",
    )


def _views(visit: Visit) -> list[dict[str, Any]] | None:
    """What was saved; None when it cannot be read, which is not the same as nothing."""
    try:
        return records(visit.look.ask("saved_views"))
    except FeedbackError:
        return None


def _view(row: Row) -> list[Component]:
    told = {"name": row["name"], "address": row["address"], "remove": "yes"}
    remove = sending(VIEWS_PATH, told, [], "Remove", f"Remove {row['name']}")
    return [inside(html.Bdi(row["name"]), href=row["address"]), remove]


def marked_moments(visit: Visit, period: pd.DataFrame, article_id: str | None = None) -> list[dict[str, Any]]:
    """The moments in the period of an answer that were marked: for all articles, or for this one too."""
    attrs = period.attrs
    rows = records(visit.look.ask("annotations", **visit.as_of))
    return [
        row
        for row in rows
        if row["article_id"] in (None, article_id) and attrs["since"] <= row["marked_at"] < attrs["until"]
    ]


def marking(visit: Visit, name: str, rows: list[dict[str, Any]], article_id: str | None = None) -> Component:
    """The marked moments as a list, each to be removed, and a form that marks one."""
    items = [html.Li(_annotation(visit, row)) for row in rows]
    today = visit.now.astimezone(visit.zone).date().isoformat()
    about = {"article_id": article_id} if article_id else {}
    form = sending(
        ANNOTATIONS_PATH,
        about,
        [
            field("marked_at", label="Day, or time with zone", placeholder=today, required="required"),
            field("note", label="What happened then", maxlength=str(MOST_NOTE), required="required"),
        ],
        "Mark",
        "Mark a moment",
    )
    listed = html.Ul(items, className="marked") if items else ""
    count = f"Marked moments: {len(items)}" if items else "Mark a moment"
    return html.Details([html.Summary(count), html.Div([listed, form])], className="how marks", id=f"{name}-marks")


def _annotation(visit: Visit, row: Row) -> list[Component]:
    at = row["marked_at"].astimezone(visit.zone)
    day = numbers.day(at) if (at.hour, at.minute) == (0, 0) else f"{numbers.day(at)}, {at:%H:%M}"
    told = {name: row[name] or "" for name in ("annotation_id", "note", "article_id")}
    remove = {**told, "marked_at": row["marked_at"].isoformat(), "remove": "yes"}
    return [
        html.Span([html.B(day), " ", html.Bdi(row["note"])]),
        sending(ANNOTATIONS_PATH, remove, [], "Remove", f"Remove {row['note']}"),
    ]


def sending(path: str, hidden: Mapping[str, str], fields: list[Component], button: str, label: str) -> Component:
    """A form that the page's script sends as JSON; what came of it is told beside the button."""
    carried = [field(name, value, type="hidden", label="") for name, value in hidden.items()]
    return html.Form(
        [
            html.Span(carried, hidden=True),
            *fields,
            html.Button(button, className="btn", **aria(label=label)),
            html.Span("", className="told small", role="status"),
        ],
        className="keep",
        action=path,
        method="post",
        **data(keep=path),
        **aria(label=label),
    )
