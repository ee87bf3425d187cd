"""One article: what readers make of it, section by section where the reader stands, over time, by group, by version."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import numbers, sentences
from feedback_analytics.dashboard.marks import Axis, as_shares, mark, mark_key, share_cell, verdict_cell
from feedback_analytics.dashboard.pages.compare import groups_card, versions_card
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
from feedback_analytics.dashboard.pages.overview import MAP_MEANS
from feedback_analytics.dashboard.pages.trend import over_time, trend_card
from feedback_analytics.dashboard.parts import Content, aria, card, footer, inside, label_ai, records, said
from feedback_analytics.dashboard.visit import Visit

Row = Mapping[str, Any]


def known_article(visit: Visit, article_id: str) -> dict[str, Any] | None:
    """What is known of an article: of its announcement, or of its votes alone; None when there is neither."""
    rows = records(visit.look.ask("articles", article_id=article_id, **visit.as_of))
    if rows:
        return rows[0]
    voted = visit.look.ask("ranking", of="sections", article_id=article_id, days="all", **visit.as_of)
    if voted.empty:
        voted = visit.look.ask("ranking", article_id=article_id, days="all", **visit.as_of)
    return None if voted.empty else {"article_id": article_id, "title": article_id}


def article(visit: Visit, fresh: Row, known: Row) -> Page:
    """The page at `/articles/ID`. known: as of `known_article`."""
    line = period_line(visit, told_of(visit, "trend", article_id=known["article_id"], with_before=True))
    head = [
        html.P(_crumb(visit, known), className="crumb"),
        html.H1(known["title"]),
        html.P(_tags(visit, known), className="tags"),
        html.P(line, id="live-period", className="sub"),
    ]
    article_id = known["article_id"]
    cards = [
        attempt(visit, "outline", "Section by section", partial(_outline, visit, known)),
        attempt(visit, "trend", "Over time, with its versions", partial(_trend, visit, known), 8),
        attempt(visit, "sure", "How sure this is", partial(_how_sure, visit, known), 4),
        attempt(visit, "versions", "Versions", partial(versions_card, visit, article_id)),
        attempt(
            visit,
            "groups",
            "Who finds it useful",
            partial(groups_card, visit, "groups", "Who finds it useful", article_id=article_id),
        ),
    ]
    return page(visit, known["title"], head, cards, fresh)


def _crumb(visit: Visit, known: Row) -> list[Component | str]:
    crumb: list[Component | str] = [inside("Articles", href=str(visit.address.to("/articles")))]
    if known.get("topic"):
        crumb += [" / ", inside(known["topic"], href=str(visit.address.to("/articles", topic=known["topic"])))]
    return crumb


def _tags(visit: Visit, known: Row) -> list[Component]:
    if "article_version" not in known:
        return [html.Span(["Not announced yet; its id is ", html.Code(known["article_id"])])]
    tags: list[Component] = []
    if known["ai_generated"] is True:
        tags.append(label_ai(is_short=False))
    if known["author"]:
        tags.append(inside(known["author"], href=str(visit.address.to("/articles", author=known["author"]))))
    first, latest = (known[name].astimezone(visit.zone) for name in ("first_published_at", "published_at"))
    tags.append(html.Span(f"Published {numbers.day(first)}, {first:%H:%M} {visit.zone.key}"))
    tags.append(html.Span(f"Version {known['article_version']} of {numbers.day(latest)}"))
    if known["url"] and _leads_to_a_page(known["url"]):
        tags.append(html.A("Read the article", href=known["url"], rel="noopener noreferrer"))
    return tags


def _leads_to_a_page(url: str) -> bool:
    """Whether it is a web address, or a path of this very site as the demo's are.

    Any other scheme could run as a script of this page; an address from outside never may.
    """
    return urlsplit(url).scheme in ("http", "https") or url.startswith("/")


def _outline(visit: Visit, known: Row) -> Component:
    article_id = known["article_id"]
    answer = visit.ask("section_map", article_id=article_id)
    whole, voted = _whole_row(visit, known), {row["section_id"]: row for row in records(answer)}
    days = days_of(answer.attrs, visit)
    lead = sentences.article_lead(whole, answer) if whole else sentences.no_votes_yet(days)
    axis = Axis(0)
    items = [_head_row(axis)]
    if whole:
        typical = f"line: typical article, {numbers.percent(whole['reference_share'], 0)}"
        events = str(visit.address.to("/events", of="articles", article_id=article_id))
        items.append(_row(whole, "The article as a whole", typical, axis, events))
    for section in _sections(visit, known, voted):
        events = str(
            visit.address.to("/events", of="sections", article_id=article_id, section_id=section["section_id"])
        )
        items.append(_section_row(section, voted.get(section["section_id"]), axis, events))
    n = numbers.counted((whole["votes"] if whole else 0) + answer["votes"].sum(), "vote")
    return html.Section(
        [
            html.P(said(lead, visit.address), id="live-outline-says", className="lead"),
            html.H2("Outline with each section’s share", id="outline-title", className="vh"),
            html.Ol(items, id="live-outline", className="outline"),
            mark_key(),
            footer(
                "outline",
                f"{n}{DOT}bars start at 0{DOT}line: what to expect{DOT}{foot_text(visit, answer)}",
                links(visit, answer, visit.address.to("/events", article_id=article_id)),
            ),
            reading("section_map", MAP_MEANS, "the-net-effect-of-a-section"),
        ],
        className="card c12",
        **aria(labelledby="outline-title"),
    )


def _sections(visit: Visit, known: Row, voted: Mapping[str, Row]) -> list[dict[str, Any]]:
    """All sections in the order of reading: announced ones, and those that only votes tell of."""
    announced = records(visit.look.ask("article_sections", article_id=known["article_id"], **visit.as_of))
    names = {row["section_id"] for row in announced}
    others = [{**row, "is_current": not announced} for name, row in voted.items() if name not in names]
    return sorted([*announced, *others], key=lambda row: (row["position"] or 10_000, row["section_id"]))


def _section_row(section: Row, voted: Row | None, axis: Axis, events: str) -> Component:
    place = f"{section['position']}. " if section["position"] is not None else ""
    title = f"{place}{section['heading'] or section['section_id']}"
    gone = "" if section["is_current"] else " · not in the latest version"
    if voted is None:
        none = {"verdict": "too_few", "votes": 0, "useful": 0, "running_low": None}
        return _row(none, title, f"no votes in these days{gone}", axis, "")
    expected = numbers.percent(voted["expected_share"], 0)
    return _row(as_shares(voted), title, f"line: {expected} expected here{gone}", axis, events)


def _whole_row(visit: Visit, known: Row) -> dict[str, Any] | None:
    """The article's row among all articles of the period; None when it has no votes in it."""
    rows = records(visit.ask("ranking", of="articles")[lambda table: table["article_id"] == known["article_id"]])
    return rows[0] if rows else None


def _head_row(axis: Axis) -> Component:
    texts = [
        html.Span("Section, where the reader stands"),
        html.Span(axis.head()),
        html.Span("Useful, 95 % interval", className="num"),
        html.Span("Verdict"),
    ]
    return html.Li(texts, className="ohead", **aria(hidden="true"))


def _row(row: Row, title: str, line: str, axis: Axis, events: str) -> Component:
    share: Content = share_cell(row, with_votes=True)
    if events:
        share = inside(share, href=events, className="quiet-link", title="The events behind")
    return html.Li(
        [
            html.Div([html.H3(title), html.P(line, className="micro muted")], className="t"),
            html.Div(mark(row, axis, is_bar=True), className="m"),
            html.Div(share, className="num share"),
            html.Div(verdict_cell(row)),
        ]
    )


def _trend(visit: Visit, known: Row) -> Component:
    article_id = known["article_id"]
    answer = visit.ask("trend", article_id=article_id, with_before=True)
    totals = records(visit.ask("overview", article_id=article_id, with_readers=False))
    says = over_time(visit, answer, next(row for row in totals if row["target"] == "article"))
    events = visit.address.to("/events", of="articles", article_id=article_id)
    title, noun = "Over time, with its versions", "this article as a whole"
    return trend_card(visit, answer, "trend", title, says, events=events, noun=noun)


def _how_sure(visit: Visit, known: Row) -> Component:
    answer = visit.ask("ranking", of="articles")
    items = [html.Li(said(sentence, visit.address)) for sentence in sentences.how_sure(_whole_row(visit, known))]
    body = html.Ul(items, id="live-sure", className="changes")
    return card("sure", "How sure this is", body, foot=foot_text(visit, answer), width=4)
