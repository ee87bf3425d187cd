"""The overview: what to fix first, what readers find useful now, how sure that is, and how fresh."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from feedback_analytics.analytics import MIN_VOTES, Period, Verdict, last_days, numbers, sentences
from feedback_analytics.dashboard.figures import usefulness_over_time
from feedback_analytics.dashboard.marks import Axis, axis_for, mark, mark_key
from feedback_analytics.dashboard.pages.frame import DOT, Page, attempt, foot_text, page, period_text
from feedback_analytics.dashboard.pages.ranking import article_name, grouped, in_kept_order, ranking, section_name
from feedback_analytics.dashboard.parts import Content, aria, card, empty_card, inside, key_figure, said, steps_table
from feedback_analytics.dashboard.visit import Visit

Row = Mapping[str, Any]


def overview(visit: Visit, fresh: Row) -> Page:
    """The page at `/` of a store with votes."""
    period = period_of(visit, fresh)
    head = [html.H1("Overview"), html.P(period_line(visit, period), id="live-period", className="sub")]
    foot = foot_text(visit, period, fresh)
    cards = [
        attempt(visit, "fix", "What to fix first", partial(_fix_first, visit, period, foot)),
        attempt(visit, "figures", "Key figures", partial(_key_figures, visit, period, fresh)),
        attempt(visit, "trend", "Useful share over time", partial(_trend, visit, period, foot), 8),
        attempt(visit, "kinds", "Sections by kind", partial(_kinds, visit, period, foot), 4),
        attempt(visit, "articles", "Articles, and how sure", partial(_articles, visit, period, foot)),
        attempt(visit, "sections", "Sections, and how sure", partial(_sections, visit, period, foot)),
    ]
    return page(visit, "Overview", head, cards, fresh, is_of_period=True)


def period_of(visit: Visit, fresh: Row) -> Period:
    return last_days(
        visit.address.days,
        now=visit.now,
        first_vote_at=fresh["first_vote_hour"],
        newest_vote_at=fresh["newest_vote_hour"],
    )


def period_line(visit: Visit, period: Period) -> str:
    """The exact period with its time zone, and why it ends where it ends."""
    first, last = numbers.weekday(period.since), numbers.weekday(period.last_day)
    days = numbers.counted(period.days, "day")
    if period.until > visit.now:
        end = f"today until {visit.now:%H:%M} UTC is part of it"
    else:
        end = "it ends with the day of the newest vote"
    return f"{first} {numbers.RANGE} {last}, {days} in UTC{DOT}{end}"


def _fix_first(visit: Visit, period: Period, foot: str) -> Component:
    sections = visit.answers.sections(period)
    items = sentences.fix_first(sections)
    axis = axis_for([row for _, row in items])
    rows = [
        html.Li(
            [
                html.Span(place, className="rank"),
                html.P(said(sentence, visit.address)),
                html.Div([mark(row, axis), _expected(row, axis)], className="m"),
            ]
        )
        for place, (sentence, row) in enumerate(items, start=1)
    ]
    nothing = html.P(said(sentences.nothing_to_fix(sections), visit.address), className="lead")
    worse = int((sections["verdict"] == Verdict.WORSE).sum())
    below = f"{numbers.counted(worse, 'section')} surely below the typical section of the kind"
    return html.Section(
        [
            html.Header(html.H2("What to fix first", id="fix-title")),
            html.Div(html.Ol(rows) if rows else nothing, id="live-fix"),
            html.Footer(html.Span(f"Ordered by sure gap × votes{DOT}{below}{DOT}{foot}", id="live-fix-foot")),
        ],
        className="card fix c12",
        **aria(labelledby="fix-title"),
    )


def _expected(row: Row, axis: Axis) -> Component:
    percent = f"{numbers.NARROW}%"
    line = f"line: {numbers.percent(row['reference_share'], 0)} expected"
    return html.Div(
        [html.Span(f"{axis.begins}{percent}"), html.Span(line), html.Span(f"100{percent}")], className="ivcap"
    )


def _key_figures(visit: Visit, period: Period, fresh: Row) -> Component:
    table = visit.answers.overview(period).set_index("target")
    figures = [
        _share_figure("article", "Articles found useful", table.loc["article"]),
        _share_figure("section", "Sections found useful", table.loc["section"]),
        _votes_figure(table),
        _behind_figure(visit, fresh),
    ]
    return html.Div(figures, className="figures")


def _share_figure(name: str, title: str, row: Row) -> Component:
    n = numbers.counted(row["votes"], "vote")
    note = f"of {numbers.counted(row['targets'], name)}; interval for one look"
    if not row["votes"]:
        return key_figure(
            name, title, "–", "", f"no votes for {name}s in these days", f"no votes is not 0{numbers.NARROW}%"
        )
    if row["votes"] < MIN_VOTES:
        big = f"{numbers.count(row['useful'])} of {numbers.count(row['votes'])}"
        return key_figure(name, title, big, "", f"a share is shown from {MIN_VOTES} votes", note)
    big, unit = numbers.percent(row["useful_share"]).split(numbers.NARROW)
    span = f"{numbers.percent_range(row['useful_share_low'], row['useful_share_high'])}, {n}"
    return key_figure(name, title, big, f"{numbers.NARROW}{unit}", span, note)


def _votes_figure(table: pd.DataFrame) -> Component:
    votes = table["votes"]
    span = f"{numbers.count(votes['article'])} for articles, {numbers.count(votes['section'])} for sections"
    return key_figure(
        "votes", "Votes that stand", numbers.count(votes.sum()), "", span, "each reader’s latest answer counts"
    )


def _behind_figure(visit: Visit, fresh: Row) -> Component:
    behind = visit.live.behind_records
    big = "?" if behind is None else numbers.count(behind)
    span = "events in the log, not yet counted" if behind is not None else "the log cannot be seen from here"
    note = f"counted up to {numbers.clock(fresh['as_of'])}"
    return key_figure("behind", "Waiting", big, "", span, note)


def _trend(visit: Visit, period: Period, foot: str) -> Component:
    table = visit.answers.over_time(period)
    total = visit.answers.overview(period).set_index("target").loc["article"]
    says = sentences.over_time(period, total)
    return trend_card(visit, "trend", "Useful share over time", period, table, says, foot)


def trend_card(
    visit: Visit,
    name: str,
    title: str,
    period: Period,
    table: pd.DataFrame,
    says: sentences.Sentence,
    foot: str,
    *,
    noun: str = "articles as a whole",
    versions: pd.DataFrame | None = None,
) -> Component:
    """A chart over time with its sentence, its table and its foot; without votes, a card that says so."""
    if not table["votes"].any():
        what = f"No votes for {noun}, {period_text(period)}."
        return empty_card(name, title, what, visit.address, foot, 8)
    figure = usefulness_over_time(table, period.step, visit.theme, now=visit.now, versions=versions)
    chart = html.Div(
        dcc.Graph(id=f"live-{name}", figure=figure, config={"displayModeBar": False, "responsive": True}),
        className="plot",
        role="img",
        **aria(labelledby=f"{name}-title live-{name}-says"),
    )
    low, high = figure.layout.yaxis.range
    n = numbers.counted(table["votes"].sum(), "vote")
    axis = f"{n} by {period.step}{DOT}share axis {low:.0f}{numbers.RANGE}{numbers.percent(high / 100, 0)}"
    return card(
        name,
        title,
        [chart, steps_table(table, name, period.step)],
        says=said(says, visit.address),
        foot=f"{axis}{DOT}band: 95{numbers.NARROW}%, for one look{DOT}{foot}",
        width=8,
    )


def _kinds(visit: Visit, period: Period, foot: str) -> Component:
    rows = visit.answers.kinds(period).to_dict("records")
    items = [
        html.Li(
            [
                html.Span([html.B(sentences.KINDS[row["kind"]]), html.Span(_kind_share(row), className="share")]),
                _kind_mark(row),
                html.Span(
                    f"{numbers.counted(row['votes'], 'vote')} on {numbers.counted(row['sections'], 'section')}",
                    className="meta",
                ),
            ]
        )
        for row in rows
    ]
    says = (
        f"All votes on sections of a kind together, with the 95{numbers.NARROW}% interval for one look."
        if rows
        else "No votes on sections in these days."
    )
    body = html.Ul(items, id="live-kinds", className="kinds")
    return card(
        "kinds", "Sections by kind", body, says=says, foot=f"Bars from 0 to 100{numbers.NARROW}%{DOT}{foot}", width=4
    )


def _kind_share(row: Row) -> list[Component | str]:
    if row["votes"] < MIN_VOTES:
        return [f"{numbers.count(row['useful'])} of {numbers.count(row['votes'])}"]
    span = numbers.percent_range(row["useful_share_low"], row["useful_share_high"])
    return [html.B(numbers.percent(row["useful_share"])), " ", html.Span(span)]


def _kind_mark(row: Row) -> Component:
    """A bar from 0 with its Wilson interval; no verdict, so nothing is coloured."""
    if row["votes"] < MIN_VOTES:
        return html.Span(f"a share is shown from {MIN_VOTES} votes", className="small muted")
    p, low, high = (round(100 * row[name], 2) for name in ("useful_share", "useful_share_low", "useful_share_high"))
    style = {"--min": 0, "--max": 100, "--p": p, "--lo": low, "--hi": high}
    return html.Span(
        [html.Span(className=part) for part in ("b", "i", "d")],
        className="iv bar",
        style=style,
        **aria(hidden="true"),
    )


def _articles(visit: Visit, period: Period, foot: str) -> Component:
    table = visit.answers.articles(period)
    reference = float(table["reference_share"].iloc[0]) if len(table) else None
    return _ranking_card(visit, period, "article", table, reference, foot)


def _sections(visit: Visit, period: Period, foot: str) -> Component:
    return _ranking_card(visit, period, "section", visit.answers.sections(period), None, foot)


def _ranking_card(
    visit: Visit, period: Period, noun: str, table: pd.DataFrame, reference_share: float | None, foot: str
) -> Component:
    name, title = f"{noun}s", f"{noun.capitalize()}s, and how sure"
    if table.empty:
        return empty_card(name, title, f"No votes for {noun}s, {period_text(period)}.", visit.address, foot)
    is_whole = visit.address.shown_whole == name
    groups, moved = in_kept_order(grouped(table, is_whole=is_whole), table, visit.kept_rows.get(f"live-{name}", ()))
    name_of = article_name if noun == "article" else section_name

    def name_cell(row: Row) -> Component:
        return name_of(row, visit.address)

    line = "" if reference_share is not None else "Each line: the typical section of its kind. "
    says: Content = [line, *said(sentences.verdict_counts(table, noun), visit.address)]
    other = visit.address.with_whole("" if is_whole else name)
    more = "Fewer rows" if is_whole else f"All {numbers.counted(len(table), noun)}"
    body = [
        html.Div(ranking(groups, noun, name_cell, reference_share), id=f"live-{name}"),
        html.Div(mark_key(reference_share), id=f"live-{name}-key"),
        html.P(inside(more, href=str(other)), id=f"live-{name}-more", className="more-rows"),
    ]
    n = numbers.counted(table["votes"].sum(), "vote")
    order = "ordered by the sure gap, so that few votes top no list"
    return card(name, title, body, says=says, foot=f"{n}{DOT}{order}{DOT}{foot}", beside=_moved(moved, noun))


def _moved(moved: int, noun: str) -> Content:
    """Rows never change places under the reader: a button does it."""
    text = f"{numbers.counted(moved, noun)} moved · reorder"
    return html.Button(text, className="btn quiet reorder") if moved else ""
