"""Figures of answers: the DataFrame of `lake.ask("trend")` or `lake.ask("ranking")` becomes a Plotly figure. Pure.

figure_of(lake.ask("ranking", of="sections", days=90)).show()
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from feedback_analytics.analytics import numbers
from feedback_analytics.dashboard.figures import mark_time, usefulness_over_time
from feedback_analytics.dashboard.themes import ThemeName, template, tokens
from feedback_analytics.errors import QueryError

MOST_ROWS = 40
# Of a ranking in one picture; more no screen shows. The table has them all.


def figure_of(answer: pd.DataFrame, theme: ThemeName = "light") -> go.Figure:
    """The figure of an answer. Raises QueryError for a question that has none, and for an answer without rows."""
    question = answer.attrs["question"]
    if question not in _FIGURES:
        raise QueryError(f"{question} has no figure. These have: {', '.join(_FIGURES)}.")
    if answer.empty:
        raise QueryError(f"{question} has no rows for this period and these filters, so there is nothing to draw.")
    return _FIGURES[question](answer, theme)


def _trend(answer: pd.DataFrame, theme: ThemeName) -> go.Figure:
    """Share and votes per step, on the newsroom's clock; a step that was not over at the as-of is drawn open.

    Of one article, steps in which a new version came out are marked; of many, nearly all would be.
    """
    zone = ZoneInfo(answer.attrs["time_zone"])
    local = answer.assign(step_at=answer["step_at"].dt.tz_convert(zone).dt.tz_localize(None).dt.tz_localize("UTC"))
    now = (answer.attrs["as_of"] or answer.attrs["until"]).astimezone(zone).replace(tzinfo=UTC)
    figure = usefulness_over_time(local, step_of(answer), theme, now=now)
    if "article_id" in answer.attrs["parameters"]:
        marked = local[local["versions_published"] > 0]
        for place, (at, count) in enumerate(zip(marked["step_at"], marked["versions_published"], strict=True)):
            mark_time(figure, at, "new version" if count == 1 else f"{count} new versions", place, theme)
    return figure


def on_clock(at: datetime, zone: ZoneInfo) -> pd.Timestamp:
    """A moment where a chart has it that is drawn on the newsroom's clock."""
    return pd.Timestamp(at).tz_convert(zone).tz_localize(None).tz_localize("UTC")


def step_of(answer: pd.DataFrame) -> str:
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
    colours = [_COLOURS.get(verdict, "data") for verdict in rows["verdict"]]
    inks = [token[name] for name in colours]
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
    is_open = rows["verdict"].isin(["unsure", "too_few"]).to_numpy()
    figure.add_trace(
        go.Scatter(
            x=share,
            y=places,
            mode="markers",
            marker={
                "size": 9,
                "color": np.where(is_open, token["surface"], inks),
                "line": {"color": inks, "width": 1.5},
            },
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
        margin={"r": 100},
        xaxis={
            "range": [0, 100],
            "ticksuffix": unit,
            "title": {
                "text": "useful share; line: interval at every look; tick: typical; open: can’t tell yet",
                "font": {"size": 12, "color": token["ink-3"]},
            },
        },
        yaxis={"tickvals": places, "ticktext": names, "range": [-0.6, len(rows) - 0.4], "ticksuffix": ""},
        annotations=[_votes_beside(votes, place) for votes, place in zip(rows["votes"], places, strict=True)],
    )
    return figure


_COLOURS = {"better": "better", "worse": "worse"}
"""Token of a verdict's mark; all others are ink. Colour says nothing but a verdict."""


def _votes_beside(votes: int, place: int) -> dict[str, Any]:
    """No share stands without its votes, also where nobody can point at it."""
    text = numbers.counted(votes, "vote")
    return {"text": text, "xref": "paper", "x": 1, "xanchor": "left", "xshift": 12, "y": place}


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
