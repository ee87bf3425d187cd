"""The overview: what to fix first, what readers find useful now, what changed, how sure that is, and how fresh."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import MIN_VOTES, Verdict, numbers, sentences
from feedback_analytics.dashboard.marks import Axis, as_shares, axis_for, expected_scale, mark
from feedback_analytics.dashboard.pages.alerts import changed_card
from feedback_analytics.dashboard.pages.frame import (
    DOT,
    Page,
    attempt,
    days_of,
    foot_text,
    links,
    page,
    period_line,
    reading,
    told_of,
)
from feedback_analytics.dashboard.pages.ranking import ranking_card
from feedback_analytics.dashboard.pages.trend import over_time, trend_card
from feedback_analytics.dashboard.parts import Content, aria, footer, inside, key_figure, records, said
from feedback_analytics.dashboard.visit import Visit

Row = Mapping[str, Any]
OVERVIEW = {"with_readers": False}
# Counting readers takes longer than all the rest.


def overview(visit: Visit, fresh: Row) -> Page:
    """The page at `/` of a store with votes."""
    line = period_line(visit, told_of(visit, "overview", **OVERVIEW))
    head = [html.H1("Overview"), html.P(line, id="live-period", className="sub")]
    changed, waits = changed_card(visit)
    cards = [
        attempt(visit, "fix", "What to fix first", partial(_fix_first, visit)),
        attempt(visit, "figures", "Key figures", partial(_key_figures, visit, fresh)),
        attempt(visit, "trend", "Useful share over time", partial(_trend, visit), 8),
        changed,
        attempt(visit, "articles", "Articles, and how sure", partial(ranking_card, visit, "articles")),
    ]
    return page(visit, "Overview", head, cards, fresh, waits=waits)


def _fix_first(visit: Visit) -> Component:
    answer = visit.ask("section_map")
    items = sentences.fix_first(answer)
    rows = [as_shares(row) for row in records(answer[answer["verdict"] == Verdict.WORSE].head(len(items)))]
    axis = axis_for(rows)
    drawn = [
        _fix_row(visit, place, sentence, row, axis)
        for place, ((sentence, _), row) in enumerate(zip(items, rows, strict=True), start=1)
    ]
    nothing = html.P(said(sentences.nothing_to_fix(answer), visit.address), className="lead")
    worse = int((answer["verdict"] == Verdict.WORSE).sum())
    n = numbers.counted(answer["votes"].sum(), "section vote")
    below = f"{numbers.counted(worse, 'section')} surely below what to expect"
    on_map = inside(
        f"All {numbers.count(worse)} on the map" if worse else "The map", href=str(visit.address.to("/sections"))
    )
    return html.Section(
        [
            html.Header(html.H2("What to fix first", id="fix-title")),
            html.Div(html.Ol(drawn) if drawn else nothing, id="live-fix"),
            footer(
                "fix",
                f"{n}{DOT}ordered by sure gap × readers a week{DOT}{below}{DOT}{foot_text(visit, answer)}",
                [on_map, *links(visit, answer)],
            ),
            reading("section_map", MAP_MEANS, "the-net-effect-of-a-section"),
        ],
        className="card fix c12",
        **aria(labelledby="fix-title"),
    )


MAP_MEANS = {
    "useful_share": "Useful",
    "expected_share": "Expected",
    "sure_gap": "Sure gap",
    "votes_a_week": "Readers a week",
    "rewrite_gain": "Order",
    "verdict": "Verdict",
}


def _fix_row(visit: Visit, place: int, sentence: sentences.Sentence, row: Row, axis: Axis) -> Component:
    target = {"article_id": row["article_id"], "section_id": row["section_id"]}
    behind = inside("Events behind", href=str(visit.address.to("/events", of="sections", **target)), className="micro")
    return html.Li(
        [
            html.Span(place, className="rank"),
            html.P([*said(sentence, visit.address), " ", behind]),
            html.Div([mark(row, axis), expected_scale(row, axis)], className="m"),
        ]
    )


def _key_figures(visit: Visit, fresh: Row) -> Component:
    answer = visit.ask("overview", **OVERVIEW)
    rows = {row["target"]: row for row in records(answer)}
    days = days_of(answer.attrs, visit)
    before = f"the {-(-days // 7) * 7} days before" if days % 7 == 0 else f"the same days {-(-days // 7)} weeks before"
    figures = [
        _share_figure(visit, "article", "Articles found useful", rows["article"], before),
        _share_figure(visit, "section", "Sections found useful", rows["section"], before),
        _votes_figure(visit, rows, before),
        _behind_figure(visit, fresh),
    ]
    return html.Div(figures, className="figures")


def _share_figure(visit: Visit, name: str, title: str, row: Row, before: str) -> Component:
    if not row["votes"]:
        none = f"no votes for {name}s in these days"
        return key_figure(name, title, "–", none, f"no votes is not 0{numbers.NARROW}%")
    events = str(visit.address.to("/events", of=f"{name}s"))
    note: Content = said(sentences.change(row, before), visit.address)
    if row["votes"] < MIN_VOTES:
        big = f"{numbers.count(row['useful'])} of {numbers.count(row['votes'])}"
        return key_figure(name, title, inside(big, href=events), f"a share is shown from {MIN_VOTES} votes", note)
    share, unit = numbers.percent(row["useful_share"]).split(numbers.NARROW)
    big_share: Content = [share, html.Small(f"{numbers.NARROW}{unit}")]
    n = f"{numbers.counted(row['votes'], 'vote')} on {numbers.counted(row['targets'], name)}"
    span = f"{numbers.percent_range(row['useful_share_low'], row['useful_share_high'])}, {n}"
    return key_figure(name, title, inside(big_share, href=events), span, note)


def _votes_figure(visit: Visit, rows: Mapping[str, Row], before: str) -> Component:
    article, section = rows["article"], rows["section"]
    votes = article["votes"] + section["votes"]
    then = article["votes_before"] + section["votes_before"]
    span = f"{numbers.count(article['votes'])} for articles, {numbers.count(section['votes'])} for sections"
    note = f"{numbers.count(then)} in {before}"
    big = inside(numbers.count(votes), href=str(visit.address.to("/events")))
    return key_figure("votes", "Votes that stand", big, span, note)


def _behind_figure(visit: Visit, fresh: Row) -> Component:
    behind = visit.live.behind_records
    big = "?" if behind is None else numbers.count(behind)
    span = "events in the log, not yet counted" if behind is not None else "the log cannot be seen from here"
    note = f"counted up to {numbers.clock(fresh['as_of'], visit.zone)}" if fresh["as_of"] else "nothing counted by then"
    return key_figure("behind", "Waiting", inside(big, href=str(visit.address.to("/health"))), span, note)


def _trend(visit: Visit) -> Component:
    total = next(row for row in records(visit.ask("overview", **OVERVIEW)) if row["target"] == "article")
    answer = visit.ask("trend", with_before=True)
    events = visit.address.to("/events", of="articles")
    says = over_time(visit, answer, total)
    return trend_card(visit, answer, "trend", "Useful share over time", says, events=events)
