"""Writes a report: as HTML that needs nothing else, as plain text, and as a message for a chat's webhook.

Mail clients know no scripts, no style sheets from elsewhere and little of CSS: the page is made of tables with styles
of their own, and bars are cells. Titles and headings are text from outside, and are escaped.
"""

from __future__ import annotations

from html import escape
from typing import Any

from feedback_analytics.analytics import numbers, sentences
from feedback_analytics.dashboard import tokens
from feedback_analytics.reports.making import Chapter, Figure, Item, Report

TOKENS = tokens("light")
INK, INK_2, INK_3, LINE, PAPER, BACK = (TOKENS[name] for name in ("ink", "ink-2", "ink-3", "line", "surface", "bg"))
DATA, SOFT, EMPTY = (TOKENS[name] for name in ("data", "data-inner", "sunken"))
FONT = "Inter, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
MOST_MESSAGE = 3_000
"""Characters of a message: chats cut longer ones."""

_PAGE = """<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>@media print {{ body {{ background: #fff !important }} .card {{ break-inside: avoid }} }}
@media (max-width: 480px) {{ .figure {{ display: block !important; width: auto !important }} }}
@page {{ size: A4; margin: 14mm }}</style></head>
<body style="margin:0;background:{back};color:{ink};font:15px/1.5 {font}">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0">
<tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:680px;text-align:left">
<tr><td><h1 style="font-size:24px;line-height:1.25;margin:0 0 4px">{title}</h1>
<p style="margin:0 0 18px;color:{ink_2}">{span}{link}</p></td></tr>
{figures}
{chapters}
<tr><td style="padding-top:8px;color:{ink_3};font-size:12px;word-break:break-word">{foot}</td></tr>
</table></td></tr></table></body></html>
"""
_CARD = (
    '<tr><td class="card" style="background:{paper};border:1px solid {line};border-radius:8px;padding:18px 20px">'
    '{inner}</td></tr><tr><td style="height:14px"></td></tr>'
)


def as_html(report: Report, page_url: str = "") -> str:
    """The report as a page. page_url: where the dashboard is, to be linked; empty: no link."""
    first, behind = (at.astimezone(report.zone) for at in (report.since, report.until))
    address = f"{page_url.rstrip('/')}/?since={first:%Y-%m-%d}&until={behind:%Y-%m-%d}"
    link = f' · <a href="{escape(address)}" style="color:{INK_2}">open the dashboard</a>' if page_url else ""
    cells = "".join(_figure(figure) for figure in report.figures)
    figures = f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr>{cells}</tr></table>'
    return _PAGE.format(
        title=escape(report.title),
        span=escape(report.span),
        link=link,
        figures=_card(figures) if cells else "",
        chapters="\n".join(_card(_chapter(chapter)) for chapter in report.chapters),
        foot="<br>".join(escape(line) for line in _foot(report)),
        ink=INK,
        ink_2=INK_2,
        ink_3=INK_3,
        back=BACK,
        font=FONT,
    )


def as_text(report: Report) -> str:
    """The report as plain text, for mail clients that show no HTML."""
    lines = [report.title, report.span, ""]
    for figure in report.figures:
        lines += [f"{figure.name}: {figure.number}", *(f"  {sentences.plain(says)}" for says in figure.told)]
    for chapter in report.chapters:
        lines += ["", chapter.title.upper()]
        lines += [f"- {sentences.plain(item.says)}" for item in chapter.items] or [chapter.empty]
        lines.append(f"  ({chapter.foot})")
    return "\n".join([*lines, "", *_foot(report), ""])


def as_message(report: Report, page_url: str = "") -> dict[str, Any]:
    """The report as a Slack-compatible message: its text, and blocks of it."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": report.title[:150]}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": _marked_text(report.span)}]},
    ]
    for figure in report.figures:
        told = "; ".join(_marked(says) for says in figure.told)
        blocks.append(_block(f"*{_marked_text(figure.name)}: {_marked_text(figure.number)}*\n{told}"))
    for chapter in report.chapters:
        said = "\n".join(f"• {_marked(item.says)}" for item in chapter.items) or _marked_text(chapter.empty)
        blocks.append(_block(f"*{_marked_text(chapter.title)}*\n{said}"))
    foot = _foot(report)[0] + (f" · <{page_url}|dashboard>" if page_url else "")
    blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": foot}]})
    numbers_of = [_marked_text(f"{figure.name}: {figure.number}") for figure in report.figures]
    first = numbers_of or [_marked(item.says) for chapter in report.chapters for item in chapter.items[:1]]
    return {"text": f"{_marked_text(report.title)}. {'; '.join(first)}", "blocks": blocks}


def _block(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:MOST_MESSAGE]}}


def _marked(sentence: sentences.Sentence) -> str:
    return "".join(f"*{_marked_text(part.text)}*" if part.is_strong else _marked_text(part.text) for part in sentence)


def _marked_text(text: str) -> str:
    """Text from outside in a chat's markup: it can begin no link and mention nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("*", "∗")


def _foot(report: Report) -> list[str]:
    as_of = "an empty store" if report.as_of is None else numbers.moment(report.as_of, report.zone)
    return [
        f"As of {as_of}. Shares are of the readers who answered, not of all who read; 95 % intervals.",
        f"The same again: {report.again}",
    ]


def _card(inner: str) -> str:
    return _CARD.format(inner=inner, paper=PAPER, line=LINE)


def _figure(figure: Figure) -> str:
    told = "".join(f'<div style="color:{INK_2};font-size:13px">{_html(says)}</div>' for says in figure.told)
    return (
        f'<td class="figure" width="50%" valign="top" style="padding:0 12px 6px 0"><div style="color:{INK_2}">'
        f'{escape(figure.name)}</div><div style="font-size:28px;font-weight:700;line-height:1.3">'
        f"{escape(figure.number)}</div>{told}</td>"
    )


def _chapter(chapter: Chapter) -> str:
    rows = "".join(_item(item) for item in chapter.items)
    body = rows or f'<p style="margin:6px 0">{escape(chapter.empty)}</p>'
    return (
        f'<h2 style="font-size:17px;margin:0 0 4px">{escape(chapter.title)}</h2>{body}'
        f'<p style="margin:10px 0 0;color:{INK_3};font-size:12px">{escape(chapter.foot)}</p>'
    )


def _item(item: Item) -> str:
    bar = "" if item.share is None else _bar(item)
    return f'<div style="padding:8px 0;border-top:1px solid {LINE}">{_html(item.says)}{bar}</div>'


def _bar(item: Item) -> str:
    """The interval, the share in it, and the line, on a scale from 0 to 100 %, as cells of a table."""
    assert item.share is not None
    marks = [] if item.low is None or item.high is None else [(item.low, item.high, SOFT)]
    marks.append((max(0.0, item.share - 0.006), min(1.0, item.share + 0.006), DATA))
    if item.line is not None:
        marks.append((max(0.0, item.line - 0.003), min(1.0, item.line + 0.003), INK))
    edges = sorted({0.0, 1.0, *(edge for mark in marks for edge in mark[:2])})
    cells = []
    for begin, end in zip(edges, edges[1:], strict=False):
        over = [colour for first, last, colour in marks if first <= begin and end <= last]
        cells.append(
            f'<td width="{100 * (end - begin):.2f}%" bgcolor="{over[-1] if over else "#f1f1ee"}" height="8"></td>'
        )
    spoken = f"{numbers.percent(item.share, 0)} useful"
    if item.low is not None and item.high is not None:
        spoken += f" ({numbers.percent_range(item.low, item.high)})"
    if item.line is not None:
        spoken += f", line at {numbers.percent(item.line, 0)}"
    return (
        f'<table role="img" aria-label="{escape(spoken)}" width="100%" cellpadding="0" cellspacing="0" '
        f'style="margin-top:6px;font-size:0;line-height:8px;table-layout:fixed"><tr>{"".join(cells)}</tr></table>'
        f'<div style="color:{INK_3};font-size:11px">0 to 100 %; {escape(spoken)}</div>'
    )


def _html(sentence: sentences.Sentence) -> str:
    return "".join(f"<b>{escape(part.text)}</b>" if part.is_strong else escape(part.text) for part in sentence)
