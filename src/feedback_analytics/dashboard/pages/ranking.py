"""The ranking: articles or sections in groups by verdict, each row with its mark, share, votes and chip."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import Verdict, numbers
from feedback_analytics.dashboard.address import Address
from feedback_analytics.dashboard.marks import Axis, axis_for, mark, share_cell, verdict_cell
from feedback_analytics.dashboard.parts import data, inside, label_ai

Row = Mapping[str, Any]
MOST_ROWS = 500
# A page of more rows is slow to draw and read by nobody; exports give the rest.


@dataclass(frozen=True)
class Group:
    """Rows of one kind of verdict, in order; total: how many there are, of which rows shows some."""

    name: str
    title: str
    rows: list[Row]
    total: int


def grouped(table: pd.DataFrame, *, is_whole: bool) -> list[Group]:
    """The rows by verdict: surely worse, surely better, closest to a verdict, close to typical.

    The sure ones by their sure gap, widest first; the unsure ones by the votes they miss. Short, at most four rows a
    group and none close to typical.
    """
    verdict = table["verdict"]
    gap_below = table["reference_share"] - table["running_high"]
    gap_above = table["running_low"] - table["reference_share"]
    # Those with too few votes come after the others that wait: they are many, and say least.
    missing = table["votes_needed"] + np.where(verdict == Verdict.TOO_FEW, 1e9, 0.0)
    waits = verdict.isin([Verdict.UNSURE, Verdict.TOO_FEW])
    wanted = [
        ("worse", "Surely worse", verdict == Verdict.WORSE, -gap_below, 4),
        ("better", "Surely better", verdict == Verdict.BETTER, -gap_above, 4),
        ("waits", "Closest to a verdict", waits, missing, 3),
        ("close", "Close to typical", verdict == Verdict.CLOSE, -table["votes"], 0),
    ]
    groups = []
    for name, title, chosen, order, short in wanted:
        index = order[chosen].sort_values(kind="stable").index
        rows = table.loc[index[: MOST_ROWS if is_whole else short]].to_dict("records")
        groups.append(Group(name, title, rows, len(index)))
    return groups


def in_kept_order(groups: list[Group], table: pd.DataFrame, kept: Sequence[str]) -> tuple[list[Group], int]:
    """The groups with the rows that the visitor sees, where he sees them, and how many would move if ordered anew.

    kept: row keys as of `row_key`, in order. Numbers and verdicts of the rows are the new ones.
    """
    if not kept:
        return groups, 0
    fresh = [row_key(group, row) for group in groups for row in group.rows]
    new = set(fresh) - set(kept)
    moved = len(new) or sum(1 for one, other in zip(fresh, kept, strict=False) if one != other)
    by_target = {_target_key(row): row for row in table.to_dict("records")}
    held = []
    for group in groups:
        targets = [key.partition(":")[2] for key in kept if key.startswith(f"{group.name}:")]
        held.append(replace(group, rows=[by_target[target] for target in targets if target in by_target]))
    return held, moved


def row_key(group: Group, row: Row) -> str:
    """Where a row stands and what it is about: group, article and section."""
    return f"{group.name}:{_target_key(row)}"


def _target_key(row: Row) -> str:
    return f"{row['article_id']}#{row.get('section_id', '')}"


def ranking(
    groups: list[Group], noun: str, name_cell: Callable[[Row], Component], reference_share: float | None
) -> Component:
    """The table. reference_share: the one all rows are compared with; None when each has its own line."""
    axis = axis_for([row for group in groups for row in group.rows])
    head = html.Tr(
        [
            html.Th(noun.capitalize(), scope="col"),
            html.Th(axis.head(reference_share), scope="col", className="mark"),
            html.Th("Useful, 95 % interval", scope="col", className="num"),
            html.Th("Votes", scope="col", className="num"),
            html.Th("Against typical", scope="col"),
        ]
    )
    bodies = [_body(group, name_cell, axis) for group in groups if group.rows]
    return html.Div(
        html.Table([html.Thead(head), *bodies], className="rank-t stack"),
        className="scroll",
    )


def article_name(row: Row, address: Address) -> Component:
    """Title, linked, with topic, author and label below."""
    return _name(row, address, row["title"], " · ".join(row[name] for name in ("topic", "author") if row[name]))


def section_name(row: Row, address: Address) -> Component:
    """Heading, linked to its article, with the article's title below."""
    return _name(row, address, row["heading"], f"in {row['title']}")


def _name(row: Row, address: Address, name: str, about: str) -> Component:
    link = inside(name, href=str(address.of_article(row["article_id"])), className="ttl")
    meta: list[Component | str] = [html.Bdi(about)]
    if row["ai_generated"] is True:
        meta.append(html.Span([" · " if about else "", label_ai()], className="nowrap"))
    return html.Th([link, html.Span(meta, className="meta")], scope="row")


def _body(group: Group, name_cell: Callable[[Row], Component], axis: Axis) -> Component:
    shown = f"{numbers.count(len(group.rows))} of {numbers.count(group.total)}"
    title = html.Tr(html.Th([group.title, " ", html.Span(shown)], colSpan=5, scope="rowgroup"), className="group")
    rows = [
        html.Tr(
            [
                name_cell(row),
                html.Td(mark(row, axis), className="mark"),
                html.Td(share_cell(row, with_votes=False), className="num share"),
                html.Td(numbers.count(row["votes"]), className="num votes"),
                html.Td(verdict_cell(row)),
            ],
            **data(row=row_key(group, row)),
        )
        for row in group.rows
    ]
    return html.Tbody([title, *rows], className="g")
