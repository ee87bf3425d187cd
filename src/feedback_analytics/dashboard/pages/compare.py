"""Compare: AI-generated and human-written, topics, kinds, groups of readers, and versions of an article."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import MIN_VOTES, numbers, sentences
from feedback_analytics.dashboard.address import BY
from feedback_analytics.dashboard.marks import difference_axis, difference_cell, difference_mark, mark_key
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
from feedback_analytics.dashboard.pages.ranking import MEANS, Group, ranking, reference_of
from feedback_analytics.dashboard.pages.sections import kinds_card
from feedback_analytics.dashboard.parts import Content, aria, card, data, empty_card, field, inside, records, said
from feedback_analytics.dashboard.visit import Visit

Row = Mapping[str, Any]
DIFFERENCE_MEANS = {"difference": "Points", "difference_low": "Lower end", "difference_high": "Upper end"}
MOST_GROUPS = 40
"""Groups of readers, or topics, that are shown; the files have them all."""


def compare(visit: Visit, fresh: Row) -> Page:
    """The page at `/compare`."""
    line = period_line(visit, told_of(visit, "ai_and_human"))
    head = [html.H1("Compare"), html.P(line, id="live-period", className="sub")]
    cards = [
        attempt(visit, "ai", "AI-generated and human-written", partial(_ai_card, visit)),
        attempt(visit, "topics", "Topics", partial(_topics_card, visit)),
        attempt(visit, "kinds", "Kinds of sections", partial(kinds_card, visit)),
        attempt(visit, "groups", "Groups of readers", partial(groups_card, visit)),
        attempt(visit, "versions", "Versions", partial(_versions, visit)),
    ]
    return page(visit, "Compare", head, cards, fresh)


def _ai_card(visit: Visit) -> Component:
    answer = visit.ask("ai_and_human")
    title, foot = "AI-generated and human-written articles", foot_text(visit, answer)
    rows = {row["comparison"]: row for row in records(answer)}
    if not rows["raw"]["ai_votes"] or not rows["raw"]["human_votes"]:
        what = f"Not votes for both AI-generated and human-written articles, {period_text(answer.attrs, visit)}."
        return empty_card("ai", title, what, visit.address, foot)
    names = {"matched": "Same topic, length and week", "raw": "All with all"}
    body = [
        html.Tr(
            [
                html.Th([name, html.Span(_compared(rows[key]), className="meta")], scope="row"),
                html.Td(
                    difference_mark(rows[key], is_sure=key == "matched" and _is_apart(rows[key])), className="mark"
                ),
                html.Td(difference_cell(rows[key]), className="num share"),
                html.Td(numbers.count(rows[key]["votes"]), className="num votes"),
            ],
            **data(row=key),
        )
        for key, name in names.items()
    ]
    heads = [html.Th("Compared", scope="col"), html.Th(difference_axis(), scope="col", className="mark")]
    heads += [html.Th(text, scope="col", className="num") for text in ("AI minus human, points", "Votes")]
    raw = rows["raw"]
    shares = [
        _share("AI-generated", raw["ai_useful"], raw["ai_votes"]),
        _share("human-written", raw["human_useful"], raw["human_votes"]),
    ]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)], className="rank-t diff-t stack")
    events = visit.address.to("/events", of="articles")
    return card(
        "ai",
        title,
        html.Div(html.Div(table, className="scroll"), id="live-ai"),
        says=[*said(sentences.ai_and_human(rows["matched"]), visit.address), f" As they are: {' and '.join(shares)}."],
        foot=f"articles are the unit, not votes{DOT}intervals for one look{DOT}{foot}",
        links=[
            *links(visit, answer),
            inside("Events, AI", href=str(events.with_(ai="yes"))),
            inside("Events, human", href=str(events.with_(ai="no"))),
        ],
        reading=reading(
            "ai_and_human", {**DIFFERENCE_MEANS, "strata": "Groups of like articles"}, "the-matched-comparison"
        ),
    )


def _compared(row: Row) -> str:
    strata = f", in {numbers.counted(row['strata'], 'group')} of like" if row["comparison"] == "matched" else ""
    return f"{numbers.count(row['ai_targets'])} AI, {numbers.count(row['human_targets'])} human{strata}"


def _share(name: str, useful: int, votes: int) -> str:
    if votes < MIN_VOTES:
        return f"{name} {numbers.count(useful)} of {numbers.count(votes)}"
    return f"{name} {numbers.percent(useful / votes)} of {numbers.counted(votes, 'vote')}"


def _is_apart(row: Row) -> bool:
    return row["difference"] is not None and not row["difference_low"] <= 0 <= row["difference_high"]


def _topics_card(visit: Visit) -> Component:
    answer = visit.ask("ranking", of="topics", order="worst", min_votes=visit.address.state.get("min_votes"))
    foot = foot_text(visit, answer)
    if answer.empty:
        return empty_card(
            "topics", "Topics", f"No votes for a topic, {period_text(answer.attrs, visit)}.", visit.address, foot
        )
    rows = records(answer.head(MOST_GROUPS))
    reference = reference_of(answer, "topics")
    n = numbers.counted(answer["votes"].sum(), "vote")
    return card(
        "topics",
        "Topics",
        [
            html.Div(
                ranking([Group("row", "", rows, len(answer))], "topics", visit.address, reference), id="live-topics"
            ),
            html.Div(mark_key(reference), id="live-topics-key"),
        ],
        says=said(sentences.verdict_counts(answer, "topic"), visit.address),
        foot=f"{n}{DOT}least useful first{DOT}{foot}",
        links=links(visit, answer, visit.address.to("/events", of="articles")),
        reading=reading("ranking", MEANS, "verdicts"),
    )


def groups_card(visit: Visit, name: str = "groups", title: str = "Groups of readers", **own: Any) -> Component:
    """Groups of readers by one dimension, each against all others."""
    by = visit.address.get("by", "device")
    answer = visit.ask("segments", by=by, min_votes=visit.address.state.get("min_votes"), **own)
    foot = foot_text(visit, answer)
    tabs = html.Span(
        [
            inside(
                _DIMENSIONS[one],
                href=str(visit.address.with_(by=None if one == "device" else one)),
                className="pick set" if one == by else "pick",
                **(aria(current="true") if one == by else {}),
            )
            for one in BY.choices
        ],
        className="periods",
        role="group",
        **aria(label="What groups differ by"),
    )
    n = numbers.counted(answer["votes"].sum(), "vote")
    body = [_group(visit, row, by) for row in records(answer.head(MOST_GROUPS))]
    heads = [html.Th(_DIMENSIONS[by], scope="col"), html.Th(difference_axis(), scope="col", className="mark")]
    heads += [
        html.Th(text, scope="col", className="num") for text in ("Against the rest", "Useful, 95 % interval", "Votes")
    ]
    heads.append(html.Th("Verdict", scope="col"))
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)], className="rank-t diff-t stack")
    empty = html.P(f"No votes, {period_text(answer.attrs, visit)}.", className="small muted")
    return card(
        name,
        title,
        [
            html.Div(tabs, id=f"live-{name}-tabs", className="tabs"),
            html.Div(html.Div(table, className="scroll") if body else empty, id=f"live-{name}"),
        ],
        says=said(sentences.groups_told(answer), visit.address),
        foot=f"{n}{DOT}intervals for one look, verdicts at every look{DOT}{foot}",
        links=links(visit, answer, visit.address.to("/events", of="articles", **_texts(own))),
        reading=reading(
            "segments", {**DIFFERENCE_MEANS, "is_sure": "Verdict", "useful_share": "Useful"}, "many-at-once"
        ),
    )


_DIMENSIONS = {"device": "Device", "source": "Source", "locale": "Locale", "referrer": "Came from"}


def _texts(own: Mapping[str, object]) -> dict[str, str | None]:
    return {name: str(value) for name, value in own.items() if name != "of"}


def _group(visit: Visit, row: Row, by: str) -> Component:
    word = ("higher" if row["difference"] > 0 else "lower") if row["is_sure"] else "not told apart"
    shape = {"higher": "chip better", "lower": "chip worse"}.get(word, "muted")
    few = row["useful_share"] is None
    share: Content = (
        [
            html.B(numbers.percent(row["useful_share"])),
            html.Span(numbers.percent_range(row["useful_share_low"], row["useful_share_high"])),
        ]
        if not few
        else html.B(f"{numbers.count(row['useful'])} of {numbers.count(row['votes'])}")
    )
    votes: Content = numbers.count(row["votes"])
    if row["segment"]:
        target = {by: row["segment"], "article_id": visit.address.article_id}
        votes = inside(votes, href=str(visit.address.to("/events", of="articles", **target)))
    return html.Tr(
        [
            html.Th(html.Bdi(row["segment"] or "not told"), scope="row"),
            html.Td(difference_mark(row, is_sure=row["is_sure"]), className="mark"),
            html.Td(difference_cell(row), className="num share"),
            html.Td(share, className="num share"),
            html.Td(votes, className="num votes"),
            html.Td(html.Span(word, className=shape)),
        ],
        **data(row=row["segment"] or "-"),
    )


def _versions(visit: Visit) -> Component:
    article_id = visit.address.get("article_id")
    if article_id:
        return versions_card(visit, article_id)
    body = html.Form(
        [
            field("article_id", label="Article’s id", type="search"),
            html.Button("Compare its versions", className="btn"),
        ],
        action="/compare",
        method="get",
        className="phrase rows-form",
        **aria(label="Versions of an article"),
    )
    says = "Versions are compared within one article. Name it here, or open it from Articles: its page has them too."
    foot = foot_text(visit, visit.ask("ai_and_human"))
    return card("versions", "Versions", html.Div(body, id="live-versions"), says=says, foot=foot)


VERSION_MEANS = {
    **DIFFERENCE_MEANS,
    "paired_difference": "Readers of both",
    "paired_readers": "How many",
}


def versions_card(visit: Visit, article_id: str, width: int = 12) -> Component:
    """Each version of an article against the one before, for the whole and for every section."""
    answer = visit.ask("edit_effect", article_id=article_id)
    foot, rows = foot_text(visit, answer), records(answer)
    sections = records(visit.look.ask("article_sections", article_id=article_id, **visit.as_of))
    headings = {row["section_id"]: row["heading"] for row in sections}
    if not rows:
        none = "Readers answered for one version only, or the events do not tell the version."
        return card(
            "versions",
            "Versions",
            html.Div("", id="live-versions"),
            says=none,
            foot=foot,
            links=links(visit, answer),
            width=width,
        )
    whole = [row for row in rows if row["section_id"] is None]
    says: sentences.Sentence = sentences.edit(whole[-1]) if whole else ()
    heads = [html.Th("Version", scope="col"), html.Th(difference_axis(), scope="col", className="mark")]
    heads += [
        html.Th(text, scope="col", className="num") for text in ("After minus before", "Readers of both", "Votes after")
    ]
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([_version(visit, row, headings) for row in rows])],
        className="rank-t diff-t stack",
    )
    return card(
        "versions",
        "Versions",
        html.Div(html.Div(table, className="scroll"), id="live-versions"),
        says=said(says, visit.address),
        foot=f"an observation, not an experiment{DOT}intervals for one look{DOT}{foot}",
        links=links(visit, answer, visit.address.to("/events", article_id=article_id)),
        reading=reading("edit_effect", VERSION_MEANS, "differences"),
        width=width,
    )


def _version(visit: Visit, row: Row, headings: Mapping[str, str | None]) -> Component:
    name = f"Version {row['article_version']} after {row['version_before']}"
    when = f", {numbers.day(row['published_at'].astimezone(visit.zone))}" if row["published_at"] else ""
    target = {"article_id": row["article_id"], "section_id": row["section_id"]}
    of = "sections" if row["section_id"] else "articles"
    told = headings.get(row["section_id"]) or row["section_id"] or "The article as a whole"
    paired: Content = html.Span(numbers.counted(row["paired_readers"], "reader"), className="muted")
    if row["paired_difference"] is not None:
        span = numbers.signed_range(row["paired_low"], row["paired_high"])
        paired = [html.B(numbers.signed(row["paired_difference"])), html.Span(f"{span}, {row['paired_readers']}")]
    return html.Tr(
        [
            html.Th(
                [html.Bdi(told), html.Span(f"{name}{when}", className="meta")],
                scope="row",
            ),
            html.Td(difference_mark(row, is_sure=_is_apart(row)), className="mark"),
            html.Td(difference_cell(row), className="num share"),
            html.Td(paired, className="num share"),
            html.Td(
                inside(numbers.count(row["votes"]), href=str(visit.address.to("/events", of=of, **target))),
                className="num votes",
            ),
        ],
        **data(row=f"{row['section_id']} {row['article_version']}"),
    )
