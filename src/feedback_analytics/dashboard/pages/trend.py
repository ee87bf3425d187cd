"""The trend: a chart over time with its sentence, its table, its files and its foot."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from feedback_analytics.analytics import numbers, sentences
from feedback_analytics.dashboard.address import Address
from feedback_analytics.dashboard.answer_figures import figure_of, on_clock, step_of
from feedback_analytics.dashboard.figures import mark_time
from feedback_analytics.dashboard.pages.frame import (
    DOT,
    days_of,
    foot_text,
    links,
    period_text,
    reading,
    weeks_before_text,
    whatever_else,
)
from feedback_analytics.dashboard.pages.notes import marked_moments, marking
from feedback_analytics.dashboard.parts import aria, card, empty_card, said, steps_table
from feedback_analytics.dashboard.visit import Visit

MEANS = {
    "votes": "Votes",
    "useful_share": "Useful",
    "useful_share_low": "Band, lower end",
    "useful_share_high": "Band, upper end",
    "late_votes": "Came late",
    "useful_share_before": "Before, dashed",
}


MOST_MARK = 32
"""Characters of a note at its line; the list below has all of it."""


def _short(note: str) -> str:
    return note if len(note) <= MOST_MARK else note[: MOST_MARK - 1] + "…"


def over_time(visit: Visit, answer: pd.DataFrame, total: Mapping[str, Any]) -> sentences.Sentence:
    """What the chart says: the share of the period, and of the one before. total: the row of `overview` for it."""
    now = sentences.over_time(total, days_of(answer.attrs, visit))
    return (*now, *sentences.time_before(total, weeks_before_text(total, visit)))


def trend_card(
    visit: Visit,
    answer: pd.DataFrame,
    name: str,
    title: str,
    says: sentences.Sentence,
    *,
    events: Address,
    noun: str = "articles as a whole",
    width: int = 8,
) -> Component:
    """The card of an answer of `trend`; without votes, a card that says so."""
    foot = foot_text(visit, answer)
    if not answer["votes"].any():
        what = f"No votes for {noun}, {period_text(answer.attrs, visit)}."
        return empty_card(name, title, what, visit.address, foot, width)
    figure, step = figure_of(answer, visit.theme), step_of(answer)
    article_id = answer.attrs["parameters"].get("article_id")
    none: list[dict[str, Any]] = []
    marked, missing = whatever_else(
        partial(marked_moments, visit, answer, article_id), lambda: none, "The moments that people marked"
    )
    for place, row in enumerate(marked):
        mark_time(figure, on_clock(row["marked_at"], visit.zone), _short(row["note"]), place, visit.theme)
    chart = html.Div(
        dcc.Graph(id=f"live-{name}", figure=figure, config={"displayModeBar": False, "responsive": True}),
        className="plot",
        role="img",
        **aria(labelledby=f"{name}-title live-{name}-says"),
    )
    low, high = figure.layout.yaxis.range
    n = numbers.counted(answer["votes"].sum(), "vote")
    axis = f"{n} by {step}{DOT}share axis {low:.0f}{numbers.RANGE}{numbers.percent(high / 100, 0)}"
    return card(
        name,
        title,
        [
            chart,
            html.Div(marking(visit, name, marked, article_id), id=f"live-{name}-marked"),
            steps_table(answer, name, step, visit.zone, events),
        ],
        says=said(says, visit.address),
        foot=f"{axis}{DOT}band: 95{numbers.NARROW}%, for one look{DOT}{foot}",
        links=links(visit, answer, events),
        reading=reading("trend", MEANS, "late-votes"),
        missing=missing,
        width=width,
    )
