"""Themes: the colours of tokens.css, and the Plotly templates made of them. One source for style sheet and charts."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any, Literal

import plotly.graph_objects as go

ThemeName = Literal["light", "dark"]
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif'
# --font of tokens.css; charts draw text themselves and cannot read it from there.


@cache
def tokens(theme: ThemeName) -> dict[str, str]:
    """Colour by token name, such as `data-band`; `#rrggbb`."""
    text = resources.files(__package__).joinpath("assets", "tokens.css").read_text(encoding="utf-8")
    light, dark = text.split("/* DARK-BEGIN */")
    return _colours(light) if theme == "light" else {**_colours(light), **_colours(dark)}


@cache
def template(theme: ThemeName) -> go.layout.Template:
    """The look of every chart: horizontal hairlines, no frame, no legend, no dragging, one hover box."""
    token = tokens(theme)
    small = {"size": 12, "color": token["ink-3"]}
    axis = {
        "showline": False, "zeroline": False, "ticks": "", "gridcolor": token["grid"], "gridwidth": 1,
        "tickfont": small, "automargin": True, "fixedrange": True,
    }  # fmt: skip
    across = {
        "showgrid": False, "ticks": "outside", "ticklen": 4, "tickcolor": token["axis"], "showspikes": True,
        "spikemode": "across", "spikethickness": 1, "spikedash": "solid", "spikecolor": token["axis"],
        "spikesnap": "data",
    }  # fmt: skip
    layout: dict[str, Any] = {
        "font": {"family": FONT, "size": 13, "color": token["ink-2"]},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 48, "r": 16, "t": 28, "b": 32, "pad": 4},
        "hovermode": "x unified",
        "hoverdistance": 32,
        "hoverlabel": {
            "bgcolor": token["surface"],
            "bordercolor": token["line-strong"],
            "align": "left",
            "font": {"family": FONT, "size": 13, "color": token["ink"]},
        },  # fmt: skip
        "showlegend": False,
        "bargap": 0.35,
        "dragmode": False,
        "separators": ".,",
        "transition": {"duration": 0},
        "xaxis": {**axis, **across},
        "yaxis": {**axis, "tickformat": ",.0f", "separatethousands": True},
        "annotationdefaults": {"showarrow": False, "font": small},
        "shapedefaults": {"line": {"color": token["ink-2"], "width": 1}},
    }
    line = {"line": {"color": token["data"], "width": 2}, "marker": {"size": 5, "color": token["data"]}}
    data = {
        "scatter": [{"type": "scatter", "connectgaps": False, "cliponaxis": False, **line}],
        "bar": [{"type": "bar", "marker": {"color": token["data-soft"], "line": {"width": 0}}}],
    }
    return go.layout.Template({"layout": layout, "data": data})


def _colours(text: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", text))
