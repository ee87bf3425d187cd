"""Help: the guide to reading these numbers, in the words of the docs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import QUESTIONS, guide_text
from feedback_analytics.dashboard.pages.frame import Page, page
from feedback_analytics.dashboard.visit import Visit

Row = Mapping[str, Any]
_PIECES = re.compile(r"\*\*(?P<bold>.+?)\*\*|\*(?P<em>.+?)\*|`(?P<code>.+?)`|\[(?P<link>.+?)\]\(.+?\)")


def guide(visit: Visit, fresh: Row) -> Page:
    """The page at `/help`."""
    head = [html.H1("How to read these numbers")]
    cards = [html.Section(list(_drawn(guide_text())), className="card c12 prose"), _questions()]
    return page(visit, "How to read these numbers", head, cards, fresh, is_filtered=False)


def _drawn(text: str) -> Iterator[Component]:
    """The blocks of the guide: headings, paragraphs, lists and tables are all that it has."""
    for block in re.split(r"\n{2,}", text.strip()):
        lines = block.splitlines()
        if block.startswith("# "):
            continue
        if block.startswith("## "):
            title = block.removeprefix("## ")
            yield html.H2(title, id=anchor(title))
        elif block.startswith("|"):
            yield _table(lines)
        elif block.startswith("- "):
            items = re.split(r"\n(?=- )", block)
            yield html.Ul([html.Li(_inline(item.removeprefix("- "))) for item in items])
        else:
            yield html.P(_inline(block))


def anchor(title: str) -> str:
    """As the docs have it: `Late votes` → `late-votes`."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _table(lines: list[str]) -> Component:
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    head = html.Tr([html.Th(_inline(cell), scope="col") for cell in cells[0]])
    body = [html.Tr([html.Td(_inline(cell)) for cell in row]) for row in cells[2:]]
    return html.Div(html.Table([html.Thead(head), html.Tbody(body)]), className="scroll")


def _inline(text: str) -> list[Component | str]:
    drawn: list[Component | str] = []
    at, text = 0, " ".join(text.split())
    for found in _PIECES.finditer(text):
        drawn.append(text[at : found.start()])
        match found.lastgroup:
            case "bold":
                drawn.append(html.B(found["bold"]))
            case "em":
                drawn.append(html.Em(found["em"]))
            case "code":
                drawn.append(html.Code(found["code"]))
            case _:
                drawn.append(found["link"])
        at = found.end()
    return [*drawn, text[at:]]


def _questions() -> Component:
    """All that can be asked, with the sentence each answers: the numbers of every page come from these."""
    terms = [part for one in QUESTIONS for part in (html.Dt(html.Code(one.name)), html.Dd(one.asks))]
    intro = html.P(
        ["The pages ask these questions; so can you, by ", html.Code("feedback ask"), ", from Python and over HTTP."]
    )
    return html.Section(
        [html.H2("The questions", id="the-questions"), intro, html.Dl(terms)], className="card c12 prose"
    )
