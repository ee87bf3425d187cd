"""Row marks: the dot with its two intervals against the reference, and the cells of share and verdict beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from feedback_analytics.analytics import MIN_VOTES, Verdict, numbers, sentences
from feedback_analytics.dashboard.parts import aria

Row = Mapping[str, Any]

VERDICT_CLASS = {
    Verdict.BETTER: "better",
    Verdict.WORSE: "worse",
    Verdict.CLOSE: "typical",
    Verdict.UNSURE: "unsure",
    Verdict.TOO_FEW: "few",
}


class Axis:
    """The share axis of one table, in percent: from 30 when every mark fits there, else from 0."""

    def __init__(self, lowest_share: float) -> None:
        self.begins = 30 if lowest_share >= 0.3 else 0
        self.grid = [40, 60, 80, 100] if self.begins else [0, 25, 50, 75, 100]
        self.style = {"--min": self.begins, "--max": 100}

    def head(self, reference_share: float | None = None) -> Component:
        """The axis with its ticks, and the reference named where there is one for all rows."""
        span = 100 - self.begins
        at = None if reference_share is None else 100 * reference_share
        # A label takes about a sixth of the axis; a tick that it would cover is left out.
        ticks = [tick for tick in self.grid if at is None or abs(tick - at) > span * (0.24 if tick == 100 else 0.16)]
        drawn = [
            html.Span(
                f"{tick}{numbers.NARROW}%" if tick == 100 else str(tick),
                className="end" if tick == 100 else "",
                style={"--at": tick},
            )
            for tick in ticks
        ]
        if reference_share is not None:
            typical = f"typical {numbers.percent(reference_share, 0)}"
            drawn.append(html.Span(typical, className="typ", style={"--at": _on_axis(reference_share)}))
        return html.Span(drawn, className="axis", style=self.style)


def axis_for(rows: Sequence[Row]) -> Axis:
    """The axis on which the marks of all these rows fit."""
    drawn = [row["running_low"] for row in rows if row["running_low"] is not None]
    return Axis(min(drawn, default=1.0))


def mark(row: Row, axis: Axis, *, is_bar: bool = False) -> Component:
    """Dot with its two intervals against the reference line, drawn by the style sheet from numbers."""
    if row["running_low"] is None:
        return html.Span(f"a share is shown from {MIN_VOTES} votes", className="small muted")
    parts = [html.Span(className="g", style={"--at": at}) for at in axis.grid]
    parts += [html.Span(className="b")] if is_bar else []
    parts += [html.Span(className=name) for name in ("r", "o", "i", "d")]
    label = (
        f"{numbers.percent(row['useful_share'])} useful, "
        f"95 % interval {numbers.percent_range(row['useful_share_low'], row['useful_share_high'])}, "
        f"at every look {numbers.percent_range(row['running_low'], row['running_high'])}, "
        f"{'expected' if 'expected_share' in row else 'typical'} {numbers.percent(row['reference_share'], 0)}"
    )
    return html.Span(
        parts,
        className=f"iv {VERDICT_CLASS[row['verdict']]}{' bar' if is_bar else ''}",
        role="img",
        style={
            **axis.style,
            "--p": _on_axis(row["useful_share"]),
            "--lo": _on_axis(row["useful_share_low"]),
            "--hi": _on_axis(row["useful_share_high"]),
            "--olo": _on_axis(row["running_low"]),
            "--ohi": _on_axis(row["running_high"]),
            "--ref": _on_axis(row["reference_share"]),
        },
        **aria(label=label),
    )


def mark_key(reference_share: float | None = None) -> Component:
    """How to read the marks. reference_share: what the line stands for where it is the same in every row."""
    sample = {"--min": 0, "--max": 100, "--p": 50, "--lo": 28, "--hi": 72, "--olo": 10, "--ohi": 90, "--ref": -9}
    drawn = html.Span([html.Span(className=name) for name in ("o", "i", "d")], className="iv", style=sample)
    thick = "thick: 95 % interval for one look, now · thin: holds however often you look, and gives the verdict"
    line = "typical" if reference_share is None else f"typical {numbers.percent(reference_share, 0)}"
    return html.Div(
        [
            html.Span([drawn, thick], **aria(hidden="true")),
            html.Span([html.Span(className="tick"), line]),
            html.Span("filled dot: sure · open dot: can’t tell yet"),
        ],
        className="key",
    )


def share_cell(row: Row, *, with_votes: bool) -> list[Component]:
    """Share, interval and n; below 10 votes only `6 of 8`. n is always there, on narrow screens too."""
    votes = numbers.counted(row["votes"], "vote")
    if row["verdict"] == Verdict.TOO_FEW:
        few = f"{numbers.count(row['useful'])} of {numbers.count(row['votes'])}"
        return [html.B(few if row["votes"] else "no votes")]
    span = numbers.percent_range(row["useful_share_low"], row["useful_share_high"])
    return [
        html.B(numbers.percent(row["useful_share"])),
        html.Span(span),
        html.Span(votes, className="" if with_votes else "nv"),
    ]


def verdict_cell(row: Row) -> list[Component]:
    """The chip, and below it how many votes are missing or how far the share is from the reference."""
    verdict = Verdict(row["verdict"])
    match verdict:
        case Verdict.TOO_FEW:
            more = f"{MIN_VOTES - int(row['votes'])} more for a share"
        case Verdict.UNSURE if "votes_needed" in row:
            more = numbers.more_votes(row["votes_needed"])
        case _:
            more = numbers.signed_points(row["useful_share"] - row["reference_share"])
    return [chip(verdict), html.Span(more, className="more")]


def as_shares(row: Row) -> dict[str, Any]:
    """A row of `section_map`, whose intervals are of differences, as marks draw it: shares against what to expect."""
    expected = row["expected_share"]
    low, high = (row[name] for name in ("running_low", "running_high"))
    told = low is not None
    return {
        **row,
        "reference_share": expected,
        "running_low": min(max(expected + low, 0.0), 1.0) if told else None,
        "running_high": min(max(expected + high, 0.0), 1.0) if told else None,
    }


def expected_scale(row: Row, axis: Axis) -> Component:
    """Below a mark: the ends of its axis, and what its line says."""
    percent = f"{numbers.NARROW}%"
    line = f"line: {numbers.percent(row['reference_share'], 0)} expected"
    return html.Div(
        [html.Span(f"{axis.begins}{percent}"), html.Span(line), html.Span(f"100{percent}")], className="ivcap"
    )


def difference_mark(row: Row, *, is_sure: bool = True) -> Component:
    """A difference with its interval on an axis of ±40 points, against no difference. Filled where it is sure."""
    if row["difference"] is None:
        return html.Span(f"from {MIN_VOTES} votes on both sides", className="small muted")
    p, low, high = (_within(row[name]) for name in ("difference", "difference_low", "difference_high"))
    word = "unsure" if not is_sure else "better" if row["difference"] > 0 else "worse"
    parts = [html.Span(className="g", style={"--at": at}) for at in (-40, -20, 20, 40)]
    parts += [html.Span(className=name) for name in ("r", "i", "d")]
    style = {"--min": -40, "--max": 40, "--p": p, "--lo": low, "--hi": high, "--ref": 0}
    told = numbers.signed_range(row["difference_low"], row["difference_high"])
    label = f"{numbers.signed(row['difference'])} points, 95 % interval {told}"
    return html.Span(parts, className=f"iv {word}", role="img", style=style, **aria(label=label))


def difference_axis() -> Component:
    ticks = [
        html.Span(
            f"{at:+d}".replace("-", numbers.MINUS) if at else "no difference",
            className="typ" if not at else "",
            style={"--at": at},
        )
        for at in (-40, 0, 40)
    ]
    return html.Span(ticks, className="axis wide", style={"--min": -40, "--max": 40})


def difference_cell(row: Row) -> list[Component]:
    if row["difference"] is None:
        return [html.B("–")]
    span = numbers.signed_range(row["difference_low"], row["difference_high"])
    return [html.B(numbers.signed(row["difference"])), html.Span(span)]


def _within(difference: float) -> float:
    """On the axis; what lies beyond is drawn at its end, and told exactly beside it."""
    return round(min(max(100 * float(difference), -40.0), 40.0), 2)


def chip(verdict: Verdict) -> Component:
    """The verdict as a shape, a word and a colour."""
    return html.Span(sentences.VERDICTS[verdict], className=f"chip {VERDICT_CLASS[verdict]}")


def _on_axis(share: float) -> float:
    return round(100 * float(share), 2)
