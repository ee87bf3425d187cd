"""The ranking: rows with their mark, share, votes and chip; in groups by verdict where only some are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import Verdict, numbers, sentences
from feedback_analytics.dashboard.address import Address
from feedback_analytics.dashboard.marks import Axis, axis_for, mark, mark_key, share_cell, verdict_cell
from feedback_analytics.dashboard.pages.frame import DOT, foot_text, links, period_text, reading
from feedback_analytics.dashboard.parts import Content, card, data, empty_card, inside, label_ai, records, said
from feedback_analytics.dashboard.visit import Visit

Row = Mapping[str, Any]
NOUNS = {"articles": "article", "sections": "section", "topics": "topic", "authors": "author"}
MEANS = {
    "useful_share": "Useful",
    "useful_share_low": "Thick bar, lower end",
    "running_low": "Thin line, lower end",
    "reference_share": "Typical",
    "verdict": "Against typical",
    "votes_needed": "More votes",
    "shrunk_share": "Order by best and worst",
}


@dataclass(frozen=True)
class Group:
    """Rows of one kind of verdict, in order; total: how many there are, of which rows shows some."""

    name: str
    title: str
    rows: Sequence[Row]
    total: int


def ranking_card(visit: Visit, of: str) -> Component:
    """The short ranking of the overview: a few rows of each verdict, the rest one click away."""
    answer, noun = visit.ask("ranking", of=of), NOUNS[of]
    title, foot = f"{of.capitalize()}, and how sure", foot_text(visit, answer)
    if answer.empty:
        what = f"No votes for {of}, {period_text(answer.attrs, visit)}."
        return empty_card(of, title, what, visit.address, foot)
    groups, moved = in_kept_order(grouped(answer), answer, visit.kept_rows.get(f"live-{of}", ()))
    reference = reference_of(answer, of)
    whole = inside(
        f"All {numbers.counted(len(answer), noun)}", href=str(visit.address.to("/articles", of=of_state(of)))
    )
    n = numbers.counted(answer["votes"].sum(), "vote")
    return card(
        of,
        title,
        [
            html.Div(ranking(groups, of, visit.address, reference), id=f"live-{of}"),
            html.Div(mark_key(reference), id=f"live-{of}-key"),
        ],
        says=said(sentences.verdict_counts(answer, noun), visit.address),
        foot=f"{n}{DOT}ordered by the sure gap, so that few votes top no list{DOT}{foot}",
        links=[whole, *links(visit, answer, visit.address.to("/events", of=of))],
        reading=reading("ranking", MEANS, "verdicts"),
        beside=moved_button(moved, noun),
    )


def of_state(of: str) -> str | None:
    """As the address has it, where articles are the default."""
    return None if of == "articles" else of


def reference_of(answer: pd.DataFrame, of: str) -> float | None:
    """The share that all rows are compared with; None where each kind has its own."""
    return None if of == "sections" or answer.empty else float(answer["reference_share"].iloc[0])


def moved_button(moved: int, noun: str) -> Content:
    """Rows never change places under the reader: a button does it."""
    text = f"{numbers.counted(moved, noun)} moved · reorder"
    return html.Button(text, className="btn quiet reorder") if moved else ""


def grouped(table: pd.DataFrame) -> list[Group]:
    """Some rows by verdict: surely worse, surely better, closest to a verdict.

    The sure ones by their sure gap, widest first; the unsure ones by the votes they miss.
    """
    verdict = table["verdict"]
    gap_below = table["reference_share"] - table["running_high"]
    gap_above = table["running_low"] - table["reference_share"]
    # Those with too few votes come after the others that wait: they are many, and say least.
    needed = table["votes_needed"].astype("float64").fillna(1e6)
    missing = needed + np.where(verdict == Verdict.TOO_FEW, 1e9, 0.0)
    waits = verdict.isin([Verdict.UNSURE, Verdict.TOO_FEW])
    wanted = [
        ("worse", "Surely worse", verdict == Verdict.WORSE, -gap_below, 4),
        ("better", "Surely better", verdict == Verdict.BETTER, -gap_above, 4),
        ("waits", "Closest to a verdict", waits, missing, 3),
    ]
    groups = []
    for name, title, chosen, order, most in wanted:
        index = order[chosen].sort_values(kind="stable").index
        groups.append(Group(name, title, records(table.loc[index[:most]]), len(index)))
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
    by_target = {_target_key(row): row for row in records(table)}
    held = []
    for group in groups:
        targets = [key.partition(":")[2] for key in kept if key.startswith(f"{group.name}:")]
        held.append(replace(group, rows=[by_target[target] for target in targets if target in by_target]))
    return held, moved


def row_key(group: Group, row: Row) -> str:
    """Where a row stands and what it is about: group, article and section."""
    return f"{group.name}:{_target_key(row)}"


def _target_key(row: Row) -> str:
    return f"{row['article_id'] or row['group']}#{row.get('section_id') or ''}"


def ranking(groups: list[Group], of: str, address: Address, reference_share: float | None) -> Component:
    """The table. reference_share: the one all rows are compared with; None when each has its own line."""
    axis = axis_for([row for group in groups for row in group.rows])
    head = html.Tr(
        [
            html.Th(NOUNS[of].capitalize(), scope="col"),
            html.Th(axis.head(reference_share), scope="col", className="mark"),
            html.Th("Useful, 95 % interval", scope="col", className="num"),
            html.Th("Votes", scope="col", className="num"),
            html.Th("Against typical", scope="col"),
        ]
    )
    bodies = [_body(group, of, address, axis) for group in groups if group.rows]
    return html.Div(html.Table([html.Thead(head), *bodies], className="rank-t stack"), className="scroll")


def name_of(row: Row, of: str, address: Address) -> Component:
    """What a row is about, linked to its page, with what tells it apart below."""
    if of == "sections":
        about = f"in {row['title']}"
        return _name(
            row, address, row["heading"] or row["section_id"], about, str(address.of_article(row["article_id"]))
        )
    if of == "articles":
        about = " · ".join(row[name] for name in ("topic", "author") if row[name])
        return _name(row, address, row["title"], about, str(address.of_article(row["article_id"])))
    about = numbers.counted(row["targets"], "article")
    return _name(row, address, row["group"], about, str(address.to("/articles", **{NOUNS[of]: row["group"]})))


def _name(row: Row, address: Address, name: str, about: str, href: str) -> Component:
    meta: list[Component | str] = [html.Bdi(about)]
    if row["ai_generated"] is True:
        meta.append(html.Span([" · " if about else "", label_ai()], className="nowrap"))
    return html.Th([inside(name, href=href, className="ttl"), html.Span(meta, className="meta")], scope="row")


def events_of(row: Row, of: str, address: Address) -> Address:
    """The events behind a row's numbers."""
    match of:
        case "sections":
            return address.to("/events", of=of, article_id=row["article_id"], section_id=row["section_id"])
        case "articles":
            return address.to("/events", of=of, article_id=row["article_id"])
        case _:
            return address.to("/events", of="articles", **{NOUNS[of]: row["group"]})


def _body(group: Group, of: str, address: Address, axis: Axis) -> Component:
    rows = [row_of(row, of, address, axis, row_key(group, row)) for row in group.rows]
    if not group.title:
        return html.Tbody(rows)
    shown = f"{numbers.count(len(group.rows))} of {numbers.count(group.total)}"
    title = html.Tr(html.Th([group.title, " ", html.Span(shown)], colSpan=5, scope="rowgroup"), className="group")
    return html.Tbody([title, *rows], className="g")


def row_of(row: Row, of: str, address: Address, axis: Axis, key: str) -> Component:
    behind = inside(numbers.count(row["votes"]), href=str(events_of(row, of, address)), title="The events behind")
    return html.Tr(
        [
            name_of(row, of, address),
            html.Td(mark(row, axis), className="mark"),
            html.Td(share_cell(row, with_votes=False), className="num share"),
            html.Td(behind, className="num votes"),
            html.Td(verdict_cell(row)),
        ],
        **data(row=key),
    )
