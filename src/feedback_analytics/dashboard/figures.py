"""Figures: a table of analytics becomes a Plotly figure. Pure; colours and fonts come from the theme alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from feedback_analytics.analytics import MIN_VOTES, numbers
from feedback_analytics.dashboard.themes import ThemeName, template, tokens

STEPS = {
    "hour": (timedelta(hours=1), "%H:%M", "%a %-d %b %Y, %H:%M"),
    "day": (timedelta(days=1), "%-d %b", "%a %-d %b %Y"),
    "week": (timedelta(days=7), "%b %Y", "week of %-d %b %Y"),
    "month": (timedelta(days=30), "%b %Y", "%B %Y"),
}
WEEK_MILLISECONDS = 7 * 86400 * 1000
HOUR_MILLISECONDS = 3_600_000
LEAST_POINTS = 30
# Points that the share axis spans at least: a narrower one would make noise look like news.
MARKED_STEPS = 45
# Above so many steps the points would touch; the line alone is drawn.


def usefulness_over_time(table: pd.DataFrame, step: str, theme: ThemeName, *, now: datetime) -> go.Figure:
    """Share per step with its 95 % band above the counts of votes; both share the time axis.

    table: rows of `trend`. The line breaks where a step has too few votes for a share. A step that is not
    over is drawn open; where the table has late_votes, these are a hatched cap of the bars; where it has shares of the
    period before, these are a thin dashed line without a band.
    """
    token = tokens(theme)
    starts = table["step_at"].dt.tz_localize(None)
    length, ticks, hover = STEPS[step]
    is_open = (starts + length > pd.Timestamp(now).tz_convert(None)).to_numpy()
    bottom, top = _share_range(table)
    figure = go.Figure(layout={"template": template(theme), "height": 300})
    figure.add_trace(_band(table, starts, length, token))
    before = weeks_back(table)
    if before:
        figure.add_trace(_line_before(table, starts, token))
    figure.add_trace(
        go.Scatter(
            x=starts,
            y=100 * table["useful_share"],
            mode="lines+markers" if _needs_points(table) else "lines",
            marker={
                "color": np.where(is_open, token["surface"], token["data"]),
                "line": {"color": token["data"], "width": np.where(is_open, 1.5, 0)},
                "size": np.where(is_open, 7, 5),
            },
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Bar(
            x=starts,
            y=table["votes"],
            yaxis="y2",
            marker={"opacity": np.where(is_open, 0.5, 1.0)},
            customdata=_hover_texts(table),
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    late = _late_votes(table)
    # Where most came late, as votes of old years do, the note says it; hatching would tell nothing apart.
    is_hatched = 0 < 2 * late.sum() <= table["votes"].sum()
    if is_hatched:
        figure.add_trace(_late_cap(table, starts, late, token))
    most = max(int(table["votes"].max()), 1)
    unit = f"{numbers.NARROW}%"
    counts = {"range": [0, most * 1.08], "tickvals": [0, _round_below(most)], "showgrid": False, "anchor": "x"}
    a_step = f"{'an' if step == 'hour' else 'a'} {step}"
    figure.update_layout(
        xaxis={
            "type": "date",
            "tickformat": ticks,
            "unifiedhovertitle": {"text": f"<b>%{{x|{hover}}}</b>"},
            "range": [starts.iloc[0] - length * 0.6, starts.iloc[-1] + length * 0.6],
            "anchor": "y2",
            **_ticks(starts, step),
        },
        yaxis={
            "range": [bottom, top],
            "domain": [0.35, 1],
            "ticksuffix": unit,
            "dtick": _tick_points(bottom, top),
        },
        yaxis2={"domain": [0, 0.17], **counts},
        barmode="overlay",
        annotations=[
            _caption(f"useful share, 95 % interval{f'; dashed: {before}' if before else ''}", 1.0),
            _caption(f"votes {a_step}{'; hatched: came late' if is_hatched else ''}", 0.17),
        ],
    )
    return figure


def _band(table: pd.DataFrame, starts: pd.Series[Any], length: timedelta, token: dict[str, str]) -> go.Scatter:
    """The interval around the line: one closed shape per unbroken run, so that no gap is filled."""
    xs: list[Any] = []
    ys: list[float | None] = []
    for run in _runs(table["useful_share"].notna().to_numpy()):
        times, low = list(starts.iloc[run]), list(100 * table["useful_share_low"].iloc[run])
        high = list(100 * table["useful_share_high"].iloc[run])
        if len(times) == 1:
            times, low, high = [times[0] - length * 0.2, times[0] + length * 0.2], low * 2, high * 2
        xs += [*times, *reversed(times), None]
        ys += [*high, *reversed(low), None]
    return go.Scatter(
        x=xs, y=ys, mode="lines", line={"width": 0}, fill="toself", fillcolor=token["data-band"], hoverinfo="skip"
    )


def weeks_back(table: pd.DataFrame) -> str:
    """What the period before is called, `4 weeks before`; empty where no step of it has a share."""
    if "useful_share_before" not in table or not table["useful_share_before"].notna().any():
        return ""
    beside = table[table["before_at"].notna()].iloc[0]
    weeks = round((beside["step_at"] - beside["before_at"]) / timedelta(weeks=1))
    return f"{numbers.counted(weeks, 'week')} before"


def _line_before(table: pd.DataFrame, starts: pd.Series[Any], token: dict[str, str]) -> go.Scatter:
    """The share of the period before, thin and dashed; it breaks where votes are missing, as the other does."""
    told = table["useful_share_before"].notna().to_numpy()
    is_alone = any(run.stop - run.start == 1 for run in _runs(told))
    return go.Scatter(
        x=starts,
        y=100 * table["useful_share_before"],
        mode="lines+markers" if is_alone else "lines",
        line={"color": token["data-before"], "width": 1.5, "dash": "dash"},
        marker={"color": token["data-before"], "size": 3},
        hoverinfo="skip",
    )


def _late_votes(table: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
    """By step; zeros where they were not counted."""
    late = table["late_votes"] if "late_votes" in table else pd.Series(0, index=table.index)
    counts: np.ndarray[Any, np.dtype[np.int64]] = late.fillna(0).to_numpy(dtype=np.int64)
    return counts


def _late_cap(
    table: pd.DataFrame, starts: pd.Series[Any], late: np.ndarray[Any, np.dtype[np.int64]], token: dict[str, str]
) -> go.Bar:
    """The upper part of each bar, hatched: the votes that came after their step was over."""
    return go.Bar(
        x=starts,
        y=np.where(late > 0, late, np.nan),
        base=table["votes"].to_numpy() - late,
        yaxis="y2",
        marker={"pattern": _hatch(token), "line": {"color": token["data-soft"], "width": 1}},
        hoverinfo="skip",
    )


def _hatch(token: dict[str, str]) -> dict[str, Any]:
    """What tells a part of a bar from the rest without a colour."""
    ink, paper = token["ink-2"], token["surface"]
    return {"shape": "/", "size": 5, "solidity": 0.25, "fillmode": "replace", "fgcolor": ink, "bgcolor": paper}


def _runs(told: np.ndarray[Any, np.dtype[np.bool_]]) -> Iterator[slice]:
    """The unbroken runs of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], told, [False])).astype(int)))
    yield from (slice(int(begin), int(end)) for begin, end in zip(edges[::2], edges[1::2], strict=True))


def _needs_points(table: pd.DataFrame) -> bool:
    """Points are drawn when they do not touch, or when a lone step would leave no line."""
    told = table["useful_share"].notna().to_numpy()
    return len(table) <= MARKED_STEPS or any(run.stop - run.start == 1 for run in _runs(told))


def _share_range(table: pd.DataFrame) -> tuple[float, float]:
    """Percent at the ends of the share axis: ticks around the band, never closer than LEAST_POINTS."""
    told = table["useful_share"].notna()
    before = table["useful_share_before"] if "useful_share_before" in table else pd.Series([np.nan])
    low = np.fmin(table["useful_share_low"].where(told).min(), before.min())
    high = np.fmax(table["useful_share_high"].where(told).max(), before.max())
    if np.isnan(low):
        return 0.0, 100.0
    bottom, top = float(10 * np.floor(10 * low)), float(10 * np.ceil(10 * high))
    if top - bottom < LEAST_POINTS:
        bottom = min(max(0.0, bottom - 10 * ((LEAST_POINTS - top + bottom) // 20)), 100.0 - LEAST_POINTS)
        top = bottom + LEAST_POINTS
    wide = _tick_points(bottom, top)
    return wide * np.floor(bottom / wide), wide * np.ceil(top / wide)


def _tick_points(bottom: float, top: float) -> int:
    """Points from tick to tick; both ends of the axis have one, so that a cut axis is named."""
    return 10 if top - bottom <= 50 else 20


def _hover_texts(table: pd.DataFrame) -> list[str]:
    """One text per step; it hangs on the bars, which are there also where the line breaks."""
    texts = []
    before = weeks_back(table)
    for row, late in zip(table.to_dict("records"), _late_votes(table), strict=True):
        votes = numbers.counted(row["votes"], "vote") + (f", {late:,} of them late" if late else "")
        if row["votes"] < MIN_VOTES:
            text = f"{votes}: too few for a share"
        else:
            span = numbers.percent_range(row["useful_share_low"], row["useful_share_high"])
            text = f"<b>{numbers.percent(row['useful_share'])} useful</b><br>{span}<br>{votes}"
        if before and not np.isnan(row["useful_share_before"]):
            share, votes = numbers.percent(row["useful_share_before"]), numbers.count(row["votes_before"])
            text += f"<br>{before}: {share} of {votes}"
        texts.append(text)
    return texts


def _ticks(starts: pd.Series[Any], step: str) -> dict[str, Any]:
    """Weekly ticks from the first day on, where days are drawn; else a handful where Plotly likes."""
    if step in ("week", "month"):
        return {"nticks": 5, "tickangle": 0}
    if step == "hour" or len(starts) <= 8:
        return {"nticks": 8, "tickangle": 0}
    weeks = -(-len(starts) // 56)
    return {"dtick": weeks * WEEK_MILLISECONDS, "tick0": starts.iloc[0]}


def _round_below(most: int) -> int:
    """The largest of 1, 2, 5 × a power of ten that is not above most."""
    power: int = 10 ** (len(str(most)) - 1)
    return max(size * power for size in (1, 2, 5) if size * power <= most)


def _caption(text: str, height: float) -> dict[str, Any]:
    return {
        "text": text, "xref": "paper", "yref": "paper", "x": 0, "y": height, "xanchor": "left", "yanchor": "bottom",
        "yshift": 6, "xshift": -40,
    }  # fmt: skip


def mark_time(figure: go.Figure, at: pd.Timestamp, text: str, place: int, theme: ThemeName) -> None:
    """A dotted line with its words; neighbours' labels stand on different heights, as they may be a day apart."""
    token, at = tokens(theme), at.tz_convert(None)
    line = {"width": 1.5, "dash": "dot", "color": token["ink-2"]}
    figure.add_shape(type="line", x0=at, x1=at, yref="paper", y0=0.35, y1=1, line=line)
    label = {
        "xanchor": "left",
        "yanchor": "top",
        "xshift": 4,
        "yshift": -14 * (place % 3),
        "font": {"color": token["ink-2"]},
        "bgcolor": token["surface"],
    }
    figure.add_annotation(text=escape(text), x=at, y=1, yref="paper", **label)


def received_over_time(by_hour: pd.DataFrame, theme: ThemeName, zone: tzinfo) -> go.Figure:
    """Events by hour of receipt as bars, with dead letters as their hatched part.

    by_hour: hour (aware), received, dead; at least one row. Hours without events have no row, and no bar.
    """
    token = tokens(theme)
    hours = by_hour["hour"].dt.tz_convert(zone).dt.tz_localize(None)
    figure = go.Figure(layout={"template": template(theme), "height": 220})
    texts = [
        f"<b>{numbers.counted(row['received'], 'event')}</b><br>{numbers.counted(row['dead'], 'dead letter')}"
        for row in by_hour.to_dict("records")
    ]
    # Plotly would make a lone bar as narrow as it makes many.
    place = {"width": 0.86 * HOUR_MILLISECONDS, "offset": 0.07 * HOUR_MILLISECONDS}
    bars = {"x": hours, "y": by_hour["received"], "customdata": texts, "hovertemplate": "%{customdata}<extra></extra>"}
    figure.add_trace(go.Bar(bars | place))
    dead = by_hour["dead"].where(by_hour["dead"] > 0)
    figure.add_trace(go.Bar(x=hours, y=dead, marker={"pattern": _hatch(token)}, **place, hoverinfo="skip"))
    hour = timedelta(hours=1)
    figure.update_layout(
        xaxis={
            "type": "date",
            "range": [hours.min() - hour, hours.max() + 2 * hour],
            "unifiedhovertitle": {"text": "<b>%{x|%a %-d %b, %H:%M}</b>"},
            "nticks": 6,
            "tickangle": 0,
            "tickformat": "%H:%M\n%-d %b",
        },
        yaxis={"rangemode": "tozero", "nticks": 4},
        barmode="overlay",
        annotations=[_caption("events an hour", 1.0)],
    )
    return figure
