"""Figures, as data: traces, gaps, bands, labels, colours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from feedback_analytics.analytics import wilson_interval
from feedback_analytics.dashboard.figures import mark_time, received_over_time, usefulness_over_time
from feedback_analytics.dashboard.themes import ThemeName, template, tokens

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
NOON = datetime(2026, 11, 5, 12, tzinfo=UTC)


def days(*counts: tuple[int, int]) -> pd.DataFrame:
    """One row per day from 1 November with (useful, votes), as `trend` gives them."""
    table = pd.DataFrame(counts, columns=["useful", "votes"])
    interval = wilson_interval(table["useful"], table["votes"], 0.95)
    shares = {
        "useful_share": table["useful"] / table["votes"].clip(lower=1),
        "useful_share_low": pd.Series(interval.low),
        "useful_share_high": pd.Series(interval.high),
    }
    told = {name: share.where(table["votes"] >= 10) for name, share in shares.items()}
    return table.assign(step_at=pd.Series([BEGIN + timedelta(days=n) for n in range(len(counts))]), **told)


def drawn(table: pd.DataFrame, theme: ThemeName = "light", **told: Any) -> go.Figure:
    return usefulness_over_time(table, "day", theme, now=told.pop("now", NOON), **told)


def test_the_line_is_the_share_in_percent_over_bars_of_votes() -> None:
    band, line, bars = drawn(days((30, 40), (20, 40))).data
    assert list(line.y) == [75, 50]
    assert list(bars.y) == [40, 40]
    assert bars.yaxis == "y2"


def test_the_line_breaks_where_votes_are_missing_and_is_never_drawn_through() -> None:
    band, line, bars = drawn(days((30, 40), (0, 0), (3, 4), (20, 40))).data
    assert list(np.isnan(line.y)) == [False, True, True, False]
    assert line.connectgaps is None  # the template says no, and nothing here says otherwise
    assert template("light").data.scatter[0].connectgaps is False
    assert list(band.y).count(None) == 2, "one closed shape for each unbroken run"


def test_a_day_with_few_votes_tells_its_count_and_no_share() -> None:
    bars = drawn(days((3, 4), (30, 40))).data[2]
    assert bars.customdata[0] == "4\u00a0votes: too few for a share"
    assert bars.customdata[1].startswith("<b>75.0\u202f% useful</b><br>59.8–85.8\u202f%<br>40\u00a0votes")


def test_votes_that_came_late_are_the_hatched_cap_of_their_days_bar() -> None:
    table = days((30, 40), (20, 40), (3, 4))
    assert len(drawn(table.assign(late_votes=pd.array([0, None, 0], "Int64"))).data) == 3
    figure = drawn(table.assign(late_votes=pd.array([0, 15, 1], "Int64")))
    bars, cap = figure.data[2:]
    assert list(bars.y) == [40, 40, 4], "the whole bar counts them where they belong"
    assert list(cap.base[1:] + cap.y[1:]) == [40, 4] and list(cap.y[1:]) == [15, 1] and np.isnan(cap.y[0])
    assert (cap.marker.pattern.shape, figure.layout.barmode) == ("/", "overlay")
    assert "late" not in bars.customdata[0]
    assert bars.customdata[1].endswith("40\u00a0votes, 15 of them late")
    assert bars.customdata[2] == "4\u00a0votes, 1 of them late: too few for a share"
    assert figure.layout.annotations[1].text == "votes a day; hatched: came late"
    most = drawn(table.assign(late_votes=table["votes"].astype("Int64")))
    assert len(most.data) == 3 and most.layout.annotations[1].text == "votes a day"


def test_the_period_before_is_a_thin_dashed_line_without_a_band_and_has_its_name() -> None:
    table = days((30, 40), (20, 40), (3, 4))
    before = pd.Series([0.4, np.nan, 0.35])
    beside = table.assign(
        before_at=table["step_at"] - timedelta(weeks=4), votes_before=[50, 4, 60], useful_share_before=before
    )
    figure = drawn(beside)
    band, dashed, line, bars = figure.data
    assert (dashed.line.dash, dashed.line.color) == ("dash", tokens("light")["data-before"])
    assert dashed.line.width < template("light").data.scatter[0].line.width
    assert list(dashed.y[[0, 2]]) == [40, 35] and np.isnan(dashed.y[1]), "it breaks where votes are missing"
    assert "markers" in dashed.mode, "a lone step would leave no line"
    assert figure.layout.annotations[0].text == "useful share, 95 % interval; dashed: 4\u00a0weeks before"
    assert bars.customdata[0].endswith("40\u00a0votes<br>4\u00a0weeks before: 40.0\u202f% of 50")
    assert bars.customdata[2] == "4\u00a0votes: too few for a share<br>4\u00a0weeks before: 35.0\u202f% of 60"
    assert figure.layout.yaxis.range[0] <= 35


def test_without_shares_of_the_period_before_nothing_speaks_of_it() -> None:
    table = days((30, 40))
    none = table.assign(before_at=table["step_at"], votes_before=3, useful_share_before=np.nan)
    figure = drawn(none)
    assert len(figure.data) == 3 and "before" not in str(figure)


def test_a_day_that_is_not_over_is_drawn_open() -> None:
    line = drawn(days((30, 40), (20, 40)), now=BEGIN + timedelta(days=1, hours=6)).data[1]
    surface, ink = tokens("light")["surface"], tokens("light")["data"]
    assert list(line.marker.color) == [ink, surface]


def test_a_marked_time_is_a_dotted_line_with_its_words_as_text() -> None:
    figure = drawn(days((30, 40), (20, 40)))
    mark_time(figure, pd.Timestamp(BEGIN + timedelta(days=1)), "version <b>2</b>", 0, "light")
    assert [shape.line.dash for shape in figure.layout.shapes] == ["dot"]
    assert figure.layout.annotations[-1].text == "version &lt;b&gt;2&lt;/b&gt;"


def test_events_by_hour_are_bars_with_their_dead_letters_hatched() -> None:
    hours = pd.Series([pd.Timestamp(BEGIN), pd.Timestamp(BEGIN + timedelta(hours=3))])
    figure = received_over_time(
        pd.DataFrame({"hour": hours, "received": [10, 5], "dead": [2, 0]}), "dark", ZoneInfo("Europe/Berlin")
    )
    bars, dead = figure.data
    assert [at.hour for at in pd.DatetimeIndex(bars.x)] == [1, 4], "on the newsroom's clock"
    assert list(bars.y) == [10, 5] and dead.y[0] == 2 and np.isnan(dead.y[1])
    assert bars.customdata[0] == "<b>10\u00a0events</b><br>2\u00a0dead letters"
    assert bars.width == dead.width > 3_000_000, "a lone hour is as wide as one of many"


def test_without_any_share_the_axis_is_the_whole_scale() -> None:
    figure = drawn(days((1, 2), (0, 0)))
    assert tuple(figure.layout.yaxis.range) == (0, 100)


@pytest.mark.parametrize(("useful", "low", "high"), [(380, 90, 100), (200, 40, 60), (4, 0, 30)])
def test_the_share_axis_is_cut_to_tens_around_the_band(useful: int, low: float, high: float) -> None:
    bottom, top = drawn(days((useful, 400))).layout.yaxis.range
    assert bottom <= low and top >= high and top - bottom == 30


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_colour_of_a_figure_is_a_token_of_its_theme(theme: ThemeName) -> None:
    figure = drawn(days((30, 40), (20, 40)), theme)
    colours = {value for value in _texts(figure.to_plotly_json()) if value.startswith("#")}
    assert colours <= set(tokens(theme).values())


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for child in value.values() for text in _texts(child)]
    if isinstance(value, (list, tuple, np.ndarray)):
        return [text for child in value for text in _texts(child)]
    return []
