"""Figures of answers: the DataFrame of `lake.ask("trend")` or `lake.ask("ranking")` becomes a Plotly figure. Pure.

figure_of(lake.ask("ranking", of="sections", days=90)).show()
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from feedback_analytics.analytics import numbers
from feedback_analytics.dashboard.figures import usefulness_over_time
from feedback_analytics.dashboard.themes import ThemeName, template, tokens
from feedback_analytics.errors import QueryError

MOST_ROWS = 40
# Of a ranking in one picture; more no screen shows. The table has them all.

_PAGE = """<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em;
background: {surface}; color: {ink} }} small {{ overflow-wrap: anywhere }}</style></head>
<body><h1>{title}</h1>
{figure}
<p>{caption}</p><p><small>The same again: as_of = {positions}</small></p></body></html>
"""


def figure_of(answer: pd.DataFrame, theme: ThemeName = "light") -> go.Figure:
    """The figure of an answer. Raises QueryError for a question that has none, and for an answer without rows."""
    question = answer.attrs["question"]
    if question not in _FIGURES:
        raise QueryError(f"{question} has no figure. These have: {', '.join(_FIGURES)}.")
    if answer.empty:
        raise QueryError(f"{question} has no rows for this period and these filters, so there is nothing to draw.")
    return _FIGURES[question](answer, theme)


def figure_page(answer: pd.DataFrame, title: str, theme: ThemeName = "light") -> str:
    """The figure as one HTML file that needs nothing else, with period, time zone, as-of and positions below it."""
    token, told = tokens(theme), answer.attrs
    zone = ZoneInfo(told["time_zone"])
    since, until = (f"{told[name].astimezone(zone):%Y-%m-%d %H:%M}" for name in ("since", "until"))
    asked = ", ".join(f"{name} = {value}" for name, value in told["parameters"].items() if name != "as_of")
    as_of = "an empty store" if told["as_of"] is None else numbers.moment(told["as_of"])
    caption = f"{since} to {until} ({told['time_zone']}), as of {as_of}. Asked with {asked}. 95 % intervals."
    caption = " ".join([caption, *told["notes"]])
    return _PAGE.format(
        title=escape(title),
        surface=token["surface"],
        ink=token["ink"],
        figure=figure_of(answer, theme).to_html(full_html=False, include_plotlyjs=True, config={"displaylogo": False}),
        caption=escape(caption),
        positions=escape(told["positions"]),
    )


def _trend(answer: pd.DataFrame, theme: ThemeName) -> go.Figure:
    """Share and votes per step, on the newsroom's clock; a step that was not over at the as-of is drawn open."""
    zone = ZoneInfo(answer.attrs["time_zone"])
    local = answer.assign(step_at=answer["step_at"].dt.tz_convert(zone).dt.tz_localize(None).dt.tz_localize("UTC"))
    now = (answer.attrs["as_of"] or answer.attrs["until"]).astimezone(zone).replace(tzinfo=UTC)
    return usefulness_over_time(local, _step(answer), theme, now=now)


def _step(answer: pd.DataFrame) -> str:
    """hour, day, week or month, by the length of the first step; a day may have 25 hours."""
    length = answer["ends_at"].iloc[0] - answer["step_at"].iloc[0]
    limits = (("hour", timedelta(hours=1)), ("day", timedelta(hours=26)), ("week", timedelta(days=8)))
    return next((name for name, most in limits if length <= most), "month")


def _ranking(answer: pd.DataFrame, theme: ThemeName) -> go.Figure:
    """A point per row with its running interval, in the answer's order from the top, over the reference's tick."""
    token = tokens(theme)
    rows = answer.head(MOST_ROWS).iloc[::-1]
    names = [_name(row) for row in rows.to_dict("records")]
    places = list(range(len(rows)))
    share, low, high = (100 * rows[name] for name in ("useful_share", "running_low", "running_high"))
    figure = go.Figure(layout={"template": template(theme), "height": 120 + 26 * len(rows)})
    figure.add_trace(
        go.Scatter(
            x=100 * rows["reference_share"],
            y=places,
            mode="markers",
            marker={"symbol": "line-ns-open", "size": 14, "color": token["ink-2"]},
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=share,
            y=places,
            mode="markers",
            marker={"size": 9, "color": token["data"]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": high - share,
                "arrayminus": share - low,
                "color": token["data"],
                "thickness": 1.5,
                "width": 0,
            },
            customdata=[_told(row) for row in rows.to_dict("records")],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    unit = f"{numbers.NARROW}%"
    figure.update_layout(
        hovermode="closest",
        xaxis={"range": [0, 100], "ticksuffix": unit, "title": {"text": "useful share; line: interval at every look"}},
        yaxis={"tickvals": places, "ticktext": names, "range": [-0.6, len(rows) - 0.4], "ticksuffix": ""},
    )
    return figure


def _name(row: dict[Any, Any]) -> str:
    """What a row is called at the axis. Plotly reads some HTML in texts: escaped."""
    text = row["group"] or (f"{row['heading'] or row['section_id']} · {row['title']}" if row["section_id"] else None)
    text = str(text or row["title"])
    return escape(text if len(text) <= 60 else text[:59] + "…")


def _told(row: dict[Any, Any]) -> str:
    votes = numbers.counted(row["votes"], "vote")
    if pd.isna(row["useful_share"]):
        return f"{votes}: too few for a share"
    span = numbers.percent_range(row["running_low"], row["running_high"])
    return f"<b>{numbers.percent(row['useful_share'])} useful</b><br>{span}<br>{votes}"


_FIGURES: dict[str, Callable[[pd.DataFrame, ThemeName], go.Figure]] = {"trend": _trend, "ranking": _ranking}
