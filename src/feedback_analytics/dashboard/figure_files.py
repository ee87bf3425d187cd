"""Files of figures: an HTML page that needs nothing else, or a picture that an installed Chromium draws.

Each has the title, the period with its time zone, the as-of, the parameters and the notes of its answer, so that it
can be passed on alone. Nothing is downloaded, neither to make a file nor to look at one.
"""

from __future__ import annotations

import asyncio
import textwrap
from concurrent.futures import ThreadPoolExecutor
from html import escape
from typing import Literal
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from feedback_analytics.analytics import numbers
from feedback_analytics.dashboard.answer_figures import figure_of
from feedback_analytics.dashboard.browser import find_browser
from feedback_analytics.dashboard.themes import ThemeName, tokens
from feedback_analytics.errors import QueryError

PictureFormat = Literal["png", "svg"]

WIDTH, SCALE = 960, 2
"""Of a picture in CSS pixels, and how many dots of a PNG make one: sharp on paper and on dense screens."""

TITLE_CHARACTERS, CAPTION_CHARACTERS = 90, 140
"""Of a line in a picture, at 18 and 12 pixels of type."""

DRAWING_SECONDS = 60
"""Chromium starts and draws in 2 to 4 seconds; a machine that is busy needs more."""

_PAGE = """<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em;
background: {surface}; color: {ink} }} small {{ overflow-wrap: anywhere }}</style></head>
<body><h1>{title}</h1>
{figure}
<p>{caption}</p><p><small>The same again: as_of = {positions}</small></p></body></html>
"""


def figure_page(answer: pd.DataFrame, title: str, theme: ThemeName = "light") -> str:
    """The figure as one HTML file that needs nothing else, with what it was made from below it.

    Raises QueryError for an answer that has no figure.
    """
    token = tokens(theme)
    return _PAGE.format(
        title=escape(title),
        surface=token["surface"],
        ink=token["ink"],
        figure=figure_of(answer, theme).to_html(full_html=False, include_plotlyjs=True, config={"displaylogo": False}),
        caption=escape(_caption(answer)),
        positions=escape(answer.attrs["positions"]),
    )


def figure_picture(answer: pd.DataFrame, title: str, format: PictureFormat, theme: ThemeName = "light") -> bytes:
    """The figure as a PNG or SVG file, with its title and what it was made from above it.

    Raises QueryError for an answer that has no figure, and where no Chromium is installed or it fails.
    """
    figure = _titled(figure_of(answer, theme), title, _caption(answer), theme)
    # A thread of its own: in a notebook this one already runs an event loop.
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, _draw(figure, format, find_browser("png and svg are drawn"))).result()


def _caption(answer: pd.DataFrame) -> str:
    told = answer.attrs
    zone = ZoneInfo(told["time_zone"])
    since, until = (f"{told[name].astimezone(zone):%Y-%m-%d %H:%M}" for name in ("since", "until"))
    asked = ", ".join(f"{name} = {value}" for name, value in told["parameters"].items() if name != "as_of")
    as_of = "an empty store" if told["as_of"] is None else numbers.moment(told["as_of"])
    caption = f"{since} to {until} ({told['time_zone']}), as of {as_of}. Asked with {asked}. 95 % intervals."
    return " ".join([caption, *told["notes"]])


def _titled(figure: go.Figure, title: str, caption: str, theme: ThemeName) -> go.Figure:
    """The figure on paper of the theme's colour, with room at the top for the title and the caption."""
    token = tokens(theme)
    titles, captions = textwrap.wrap(title, TITLE_CHARACTERS), textwrap.wrap(caption, CAPTION_CHARACTERS)
    room = 32 + 23 * len(titles) + 16 * len(captions)
    figure.update_layout(
        paper_bgcolor=token["surface"],
        width=WIDTH,
        height=figure.layout.height + room,
        margin={"t": 28 + room, "b": 48},
        title={
            "text": "<br>".join(map(escape, titles)),
            "subtitle": {
                "text": "<br>".join(map(escape, captions)),
                "font": {"size": 12, "color": token["ink-3"]},
            },
            "font": {"size": 18, "color": token["ink"]},
            "x": 0,
            "xref": "container",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 24, "l": 20},
        },
    )
    return figure


async def _draw(figure: go.Figure, format: PictureFormat, browser: str) -> bytes:
    # Here, as half a second of imports is of no use to a dashboard.
    from kaleido import Kaleido
    from kaleido.errors import BrowserClosedError, BrowserFailedError, JavascriptError, KaleidoError

    scale = SCALE if format == "png" else 1
    options = {"format": format, "width": figure.layout.width, "height": figure.layout.height, "scale": scale}
    try:
        # mathjax=False: else the page would load it from a content network.
        async with Kaleido(path=browser, mathjax=False, timeout=DRAWING_SECONDS) as kaleido:
            drawn: bytes = await kaleido.calc_fig(figure, opts=options)
    except (BrowserClosedError, BrowserFailedError, JavascriptError, KaleidoError, TimeoutError, OSError) as error:
        told = " ".join(str(error).split())[:300] or type(error).__name__
        raise QueryError(f"{browser} did not draw the figure: {told}. html needs no browser.") from error
    return drawn
