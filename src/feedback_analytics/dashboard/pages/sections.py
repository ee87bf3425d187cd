"""Sections: the map. Articles in the order of what to rewrite first, kinds across, each cell a difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import groupby
from typing import Any

from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import MIN_VOTES, Verdict, numbers, sentences
from feedback_analytics.dashboard.address import Address
from feedback_analytics.dashboard.marks import (
    as_shares,
    axis_for,
    chip,
    difference_axis,
    difference_cell,
    difference_mark,
    expected_scale,
    mark,
)
from feedback_analytics.dashboard.pages.articles import pager
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
from feedback_analytics.dashboard.parts import Content, aria, card, data, empty_card, inside, records, said
from feedback_analytics.dashboard.visit import Visit

Row = Mapping[str, Any]
ARTICLES = 50
"""Rows of one page of the map."""
STEPS = ((0.04, "1"), (0.10, "2"), (0.20, "3"))
"""Points from which a cell takes the next colour."""
MEANS = {
    "useful_share": "Useful",
    "expected_share": "Expected",
    "difference": "Points from expected",
    "running_low": "Always, lower end",
    "verdict": "Verdict",
    "rewrite_gain": "Order",
}


def sections(visit: Visit, fresh: Row) -> Page:
    """The page at `/sections`."""
    line = period_line(visit, told_of(visit, "section_map", min_votes=visit.address.state.get("min_votes")))
    head = [html.H1("Sections"), html.P(line, id="live-period", className="sub")]
    cards = [
        attempt(visit, "map", "Where sections fall short of what to expect", partial(_map_card, visit)),
        attempt(visit, "kinds", "Kinds of sections", partial(kinds_card, visit)),
    ]
    return page(visit, "Sections", head, cards, fresh)


def _map_card(visit: Visit) -> Component:
    answer = visit.ask("section_map", min_votes=visit.address.state.get("min_votes"))
    title, foot = "Where sections fall short of what to expect", foot_text(visit, answer)
    if answer.empty:
        return empty_card(
            "map", title, f"No votes on sections, {period_text(answer.attrs, visit)}.", visit.address, foot
        )
    lines = _lines(records(answer))
    pages = -(-len(lines) // ARTICLES)
    number = min(int(visit.address.get("page", "1")), pages)
    shown = lines[ARTICLES * (number - 1) : ARTICLES * number]
    chosen = _chosen(visit.address, [row for line in lines for row in line], shown)
    n = numbers.counted(answer["votes"].sum(), "vote")
    return card(
        "map",
        title,
        [
            _key(),
            html.Div(
                [
                    html.Div(_map(visit.address, shown, chosen), id="live-map", className="map-scroll"),
                    html.Aside(
                        _detail(visit.address, chosen),
                        id="live-detail",
                        className="side",
                        **aria(label="The chosen section"),
                    ),
                ],
                className="map-wrap",
            ),
            html.Div(pager(visit.address, number, pages, len(lines), ARTICLES), id="live-map-pager"),
        ],
        says=said(sentences.map_counts(answer), visit.address),
        foot=f"{n}{DOT}what to rewrite first comes first{DOT}sure: the interval at every look leaves 0 out{DOT}{foot}",
        links=links(visit, answer, visit.address.to("/events", of="sections")),
        reading=reading("section_map", MEANS, "the-net-effect-of-a-section"),
    )


def _lines(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The sections of each article, articles in the order in which their first section comes."""
    order: dict[str, int] = {}
    for row in rows:
        order.setdefault(row["article_id"], len(order))
    ordered = sorted(rows, key=lambda row: (order[row["article_id"]], row["position"] or 0, row["section_id"]))
    return [list(of) for _, of in groupby(ordered, key=lambda row: row["article_id"])]


def _chosen(address: Address, rows: list[dict[str, Any]], shown: list[list[dict[str, Any]]]) -> Row:
    """The section that the address names, else the first one on the map that is surely below, else the first."""
    for row in rows:
        if cell_name(row) == address.get("cell"):
            return row
    visible = [row for line in shown for row in line]
    return next((row for row in visible if row["verdict"] == Verdict.WORSE), visible[0])


def cell_name(row: Row) -> str:
    return f"{row['article_id']}#{row['section_id']}"


def _key() -> Component:
    scale = (("n3", "≤ −20"), ("n2", "−10"), ("n1", "−4"), ("", "±3"), ("p1", "+4"), ("p2", "+10"), ("p3", "≥ +20"))
    colours = html.Span(
        [html.Span(text, className=f"cell {name}") for name, text in scale], className="scale", **aria(hidden="true")
    )
    return html.Div(
        [
            html.Span([colours, "points from expected"]),
            html.Span([html.Span(html.Span("−12", className="cell n2"), className="scale"), "sure"]),
            html.Span(
                [html.Span(html.Span("−12", className="cell n2 faded"), className="scale"), "can’t tell yet: faded"]
            ),
            html.Span("small figure: votes"),
        ],
        className="key map-key",
    )


def _map(address: Address, lines: list[list[dict[str, Any]]], chosen: Row) -> Component:
    kinds = [kind for kind in sentences.KINDS if any(row["kind"] == kind for line in lines for row in line)]
    head = [html.Th("Article", scope="col"), *(html.Th(sentences.KINDS[kind], scope="col") for kind in kinds)]
    head.append(html.Th(["Readers", html.Br(), "a week"], scope="col", className="num"))
    body = [html.Tr(list(_line(address, line, kinds, chosen)), **data(row=line[0]["article_id"])) for line in lines]
    return html.Table(
        [html.Thead(html.Tr(head)), html.Tbody(body)], className="map", role="grid", **aria(labelledby="map-title")
    )


def _line(address: Address, line: list[dict[str, Any]], kinds: list[str], chosen: Row) -> Iterator[Component]:
    first = line[0]
    link = inside(first["title"], href=str(address.of_article(first["article_id"])), className="ttl")
    yield html.Th(link, scope="row")
    for kind in kinds:
        rows = [row for row in line if row["kind"] == kind]
        is_chosen = any(cell_name(row) == cell_name(chosen) for row in rows)
        yield html.Td(_cells(address, rows, chosen), role="gridcell", **aria(selected="true" if is_chosen else "false"))
    week = sum(row["votes_a_week"] for row in line)
    events = address.to("/events", of="sections", article_id=first["article_id"])
    told = f"About {numbers.about(week)} readers a week, {first['title']}: the events behind"
    yield html.Td(inside(numbers.about(week), href=str(events), **aria(label=told)), className="num")


def _cells(address: Address, rows: list[dict[str, Any]], chosen: Row) -> Content:
    if not rows:
        return html.Span("no section", className="cell none")
    return [_cell(address, row, is_chosen=cell_name(row) == cell_name(chosen)) for row in rows]


def _cell(address: Address, row: Row, *, is_chosen: bool) -> Component:
    votes = numbers.count(row["votes"])
    heading = row["heading"] or row["section_id"]
    href = str(address.with_(cell=cell_name(row)))
    if row["difference"] is None:
        shape, text = "none", f"{numbers.count(row['useful'])} of {votes}"
        label = f"{heading}, {row['title']}: {text}, too few votes"
        inner: Content = text
    else:
        sure = row["verdict"] in (Verdict.WORSE, Verdict.BETTER)
        shape = f"{_colour(row['difference'])}{'' if sure else ' faded'}"
        points = numbers.signed_points(row["difference"])
        label = f"{heading}, {row['title']}: {points}, {votes} votes, {'sure' if sure else 'can’t tell yet'}"
        inner = [points.split(numbers.FIXED)[0], html.Small(votes)]
    tab = {"tabIndex": 0 if is_chosen else -1}
    name = f"cell {shape}{' chosen' if is_chosen else ''}"
    return inside(inner, href=href, className=name, **tab, **aria(label=label))


def _colour(difference: float) -> str:
    step = "".join(name for least, name in STEPS if abs(difference) >= least)[-1:]
    return f"{'n' if difference < 0 else 'p'}{step}" if step else ""


def _detail(address: Address, row: Row) -> list[Component]:
    share = as_shares(row)
    axis = axis_for([share])
    target = {"article_id": row["article_id"], "section_id": row["section_id"]}
    events = str(address.to("/events", of="sections", **target))
    votes = inside(numbers.counted(row["votes"], "vote"), href=events)
    facts: list[tuple[str, Content]] = [("Votes", [f"{numbers.count(row['useful'])} useful of ", votes])]
    if row["useful_share"] is not None:
        facts = [
            ("Useful", [f"{numbers.percent(row['useful_share'])} of ", votes]),
            ("95 % interval", numbers.percent_range(row["useful_share_low"], row["useful_share_high"])),
            ("Expected here", numbers.percent(row["expected_share"])),
            ("Difference", f"{numbers.signed(row['difference'])} points"),
            ("for one look", numbers.signed_range(row["difference_low"], row["difference_high"])),
            ("at every look", numbers.signed_range(row["running_low"], row["running_high"])),
            ("Readers a week", f"about {numbers.about(row['votes_a_week'])}"),
        ]
    told = html.Dl([part for name, text in facts for part in (html.Dt(name), html.Dd(text))])
    return [
        html.Div(
            [
                html.P("Chosen section", className="micro muted"),
                html.H3(row["heading"] or row["section_id"]),
                html.P(row["title"], className="small"),
                html.Div([mark(share, axis), expected_scale(share, axis)], className="m"),
                told,
                html.P(chip(Verdict(row["verdict"]))),
                html.P(
                    [
                        inside("Open the article", href=str(address.of_article(row["article_id"]))),
                        " · ",
                        inside("Events behind", href=events),
                    ],
                    className="small",
                ),
            ],
            className="detail",
        )
    ]


KIND_MEANS = {
    "useful_share": "Useful",
    "net_difference": "Net of the article",
    "net_difference_low": "Lower end",
    "articles_compared": "Articles",
}


def kinds_card(visit: Visit) -> Component:
    """Each kind against the others within the same articles."""
    answer = visit.ask("kinds")
    title, foot = "Kinds of sections, net of their articles", foot_text(visit, answer)
    rows = [
        {
            **row,
            "difference": row["net_difference"],
            "difference_low": row["net_difference_low"],
            "difference_high": row["net_difference_high"],
        }
        for row in records(answer)
    ]
    if not rows:
        return empty_card(
            "kinds", title, f"No votes on sections, {period_text(answer.attrs, visit)}.", visit.address, foot
        )
    body = [
        html.Tr(
            [
                html.Th(sentences.KINDS[row["kind"]], scope="row"),
                html.Td(difference_mark(row, is_sure=_is_apart(row)), className="mark"),
                html.Td(difference_cell(row), className="num share"),
                html.Td(_share_of(row), className="num share"),
                html.Td(
                    inside(
                        numbers.count(row["votes"]),
                        href=str(visit.address.to("/events", of="sections", kind=row["kind"])),
                    ),
                    className="num votes",
                ),
            ],
            **data(row=row["kind"]),
        )
        for row in rows
    ]
    heads = [html.Th("Kind", scope="col"), html.Th(difference_axis(), scope="col", className="mark")]
    heads += [html.Th(text, scope="col", className="num") for text in ("Net", "Useful, 95 % interval", "Votes")]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)], className="rank-t diff-t stack")
    says = "How far each kind lies from the others within the same articles, so that good articles lend it nothing."
    return card(
        "kinds",
        title,
        html.Div(html.Div(table, className="scroll"), id="live-kinds"),
        says=says,
        foot=f"{numbers.counted(answer['votes'].sum(), 'vote')}{DOT}intervals for one look{DOT}{foot}",
        links=links(visit, answer, visit.address.to("/events", of="sections")),
        reading=reading("kinds", KIND_MEANS, "the-net-effect-of-a-section"),
    )


def _is_apart(row: Row) -> bool:
    """Whether the interval leaves no difference out."""
    return row["difference"] is not None and not row["difference_low"] <= 0 <= row["difference_high"]


def _share_of(row: Row) -> Content:
    if row["votes"] < MIN_VOTES:
        return html.B(f"{numbers.count(row['useful'])} of {numbers.count(row['votes'])}")
    return [
        html.B(numbers.percent(row["useful_share"])),
        html.Span(numbers.percent_range(row["useful_share_low"], row["useful_share_high"])),
    ]
