"""Articles: every row of a ranking, to sort, to filter and to search, a hundred at a time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import numbers, sentences
from feedback_analytics.dashboard.address import Address
from feedback_analytics.dashboard.marks import mark_key
from feedback_analytics.dashboard.pages.frame import (
    DOT,
    Page,
    attempt,
    foot_text,
    links,
    page,
    period_line,
    period_text,
    reading,
    told_of,
)
from feedback_analytics.dashboard.pages.ranking import (
    MEANS,
    NOUNS,
    Group,
    in_kept_order,
    moved_button,
    of_state,
    ranking,
    reference_of,
)
from feedback_analytics.dashboard.parts import aria, card, choice, empty_card, field, inside, records, said
from feedback_analytics.dashboard.visit import Visit

Row = Mapping[str, Any]
ROWS = 100
"""Of one page: more are slow to draw and read by nobody; the files have them all."""
SORTS = {"worst": "Least useful first", "best": "Most useful first", "votes": "Most votes first", "title": "By name"}


def articles(visit: Visit, fresh: Row) -> Page:
    """The page at `/articles`: articles, or with `of` sections, topics or authors."""
    of = visit.address.get("of", "articles")
    line = period_line(visit, told_of(visit, "ranking", of=of))
    head = [html.H1(of.capitalize()), html.P(line, id="live-period", className="sub"), _tools(visit.address, of)]
    cards = [attempt(visit, "rows", f"{of.capitalize()}, and how sure", partial(_card, visit, of))]
    return page(visit, of.capitalize(), head, cards, fresh)


def _tools(address: Address, of: str) -> Component:
    """What is listed, how it is sorted, and a text to find: the part of the filters that is about rows."""
    tabs = [
        inside(
            name.capitalize(),
            href=str(address.with_(of=of_state(name))),
            className="pick set" if name == of else "pick",
            **(aria(current="true") if name == of else {}),
        )
        for name in NOUNS
    ]
    verdicts = [("", "All verdicts"), *((str(one), text) for one, text in sentences.VERDICTS.items())]
    return html.Div(
        html.Form(
            [
                html.Span(tabs, className="periods", role="group", **aria(label="What is listed")),
                choice("sort", address.get("sort"), [("", SORTS["worst"]), *list(SORTS.items())[1:]], "Order"),
                choice("verdict", address.get("verdict"), verdicts, "Verdict"),
                field("find", address.get("find"), type="search", label="Find in title"),
                html.Button("Find", className="btn"),
            ],
            action="/articles",
            method="get",
            className="phrase rows-form",
            **aria(label="Rows"),
        ),
        id="live-tools",
    )


def _card(visit: Visit, of: str) -> Component:
    sort = visit.address.get("sort", "worst")
    asked: dict[str, Any] = {
        "of": of,
        "order": "best" if sort == "title" else sort,
        "min_votes": visit.address.state.get("min_votes"),
    }
    answer, noun, title = visit.ask("ranking", **asked), NOUNS[of], f"{of.capitalize()}, and how sure"
    rows = _found(answer, visit.address)
    if sort == "title":
        rows = rows.sort_values("name", key=lambda names: names.str.casefold(), kind="stable")
    foot = foot_text(visit, answer)
    if rows.empty:
        return _empty(visit, of, answer, title, foot)
    pages = -(-len(rows) // ROWS)
    number = min(int(visit.address.get("page", "1")), pages)
    part = rows.iloc[ROWS * (number - 1) : ROWS * number]
    groups = [Group("row", "", records(part), len(rows))]
    groups, moved = in_kept_order(groups, part, visit.kept_rows.get("live-rows", ()))
    reference = reference_of(answer, of)
    n = numbers.counted(rows["votes"].sum(), "vote")
    order = SORTS[sort].lower()
    shrunk = ", by the share drawn towards its group as far as votes are few" if sort in ("worst", "best") else ""
    return card(
        "rows",
        title,
        [
            html.Div(ranking(groups, of, visit.address, reference), id="live-rows"),
            html.Div(mark_key(reference), id="live-rows-key"),
            html.Div(pager(visit.address, number, pages, len(rows), ROWS), id="live-rows-pager"),
        ],
        says=said(sentences.verdict_counts(rows, noun), visit.address),
        foot=f"{n}{DOT}{order}{shrunk}{DOT}{foot}",
        links=links(visit, answer, visit.address.to("/events", of="sections" if of == "sections" else "articles")),
        reading=reading("ranking", MEANS, "verdicts"),
        beside=moved_button(moved, noun),
    )


def _found(answer: pd.DataFrame, address: Address) -> pd.DataFrame:
    """The rows that the page's own filters choose, with the name by which they are called."""
    name = answer["group"].where(answer["group"].notna(), answer["title"])
    name = answer["heading"].where(answer["section_id"].notna() & answer["heading"].notna(), name)
    rows = answer.assign(name=name.fillna(answer["article_id"]).astype(str))
    if verdict := address.get("verdict"):
        rows = rows[rows["verdict"] == verdict]
    if text := address.get("find").casefold():
        titles = rows["name"] + " " + rows["title"].fillna("").astype(str)
        rows = rows[titles.str.casefold().str.contains(text, regex=False)]
    return rows


def _empty(visit: Visit, of: str, answer: pd.DataFrame, title: str, foot: str) -> Component:
    address = visit.address
    set_here = [name for name in ("find", "verdict", "min_votes") if name in address.state]
    if answer.empty or not set_here:
        return empty_card("rows", title, f"No votes for {of}, {period_text(answer.attrs, visit)}.", address, foot)
    chosen = ", ".join(f"{name} = {address.get(name)}" for name in set_here)
    what = f"None of {numbers.counted(len(answer), NOUNS[of])} fits {chosen}."
    return empty_card("rows", title, what, address.without(*set_here), foot)


def pager(address: Address, number: int, pages: int, rows: int, size: int) -> list[Component]:
    """Links to the pages before and after; nothing when all rows are shown."""
    if pages < 2:
        return []
    first, last = size * (number - 1) + 1, min(size * number, rows)
    drawn: list[Component] = []
    if number > 1:
        before = None if number == 2 else str(number - 1)
        drawn.append(inside("Rows before", href=str(address.with_(page=before)), className="btn"))
    drawn.append(html.Span(f"Rows {first:,}–{last:,} of {rows:,}", className="small muted"))
    if number < pages:
        drawn.append(inside("Rows after", href=str(address.with_(page=str(number + 1))), className="btn"))
    return [html.Nav(drawn, className="pager", **aria(label="Rows"))]
