"""The numbers of docs/guides/how-to-read-these-numbers.md are those of the functions it explains."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from feedback_analytics.analytics import running_interval, verdicts, wilson_interval
from feedback_analytics.analytics.differences import difference_interval
from feedback_analytics.analytics.intervals import Interval
from feedback_analytics.analytics.matching import matched_difference
from feedback_analytics.analytics.sentences import VERDICTS
from feedback_analytics.analytics.shrinkage import Prior, shrunk_share

GUIDE = (Path(__file__).parents[3] / "docs/guides/how-to-read-these-numbers.md").read_text(encoding="utf-8")
COUNTS = r"([\d,]+) of ([\d,]+)"


def rows_under(heading: str) -> list[list[str]]:
    """Cells of the table under a heading whose first cell is a count of votes."""
    section = GUIDE.split(f"## {heading}\n")[1].split("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return [row for row in cells if re.fullmatch(COUNTS, row[0])]


def counts(cell: str) -> tuple[int, int]:
    useful, votes = (int(number.replace(",", "")) for number in re.findall(r"[\d,]+", cell))
    return useful, votes


def written(interval: Interval) -> str:
    return f"{100 * float(interval.low):.1f}–{100 * float(interval.high):.1f} %"


def test_the_intervals_of_the_guide_are_those_of_its_counts() -> None:
    rows = rows_under("The share")
    assert len(rows) == 3
    for count, share, one_look, running in rows:
        useful, votes = counts(count)
        assert share == f"{100 * useful / votes:.0f} %"
        assert (one_look, running) == (
            written(wilson_interval(useful, votes)),
            written(running_interval(useful, votes)),
        )


def test_the_verdicts_of_the_guide_are_those_of_its_counts() -> None:
    rows = rows_under("Verdicts")
    assert len(rows) == 4
    for count, told, because in rows:
        useful, votes = counts(count)
        (verdict,) = verdicts([useful], [votes], [0.72])
        assert VERDICTS[verdict] == told
        if "line, " in because:
            assert written(running_interval(useful, votes)) in because


def test_the_shrunk_shares_of_the_guide_are_those_of_its_counts() -> None:
    rows = rows_under("The shrunk share")
    assert len(rows) == 3
    for count, bare, shrunk in rows:
        useful, votes = counts(count)
        expected = shrunk_share(useful, votes, Prior(np.float64(14), np.float64(6)))
        assert (bare, shrunk) == (f"{100 * useful / votes:.1f} %", f"{100 * float(expected):.1f} %")


def test_the_difference_of_the_guide_is_newcombes() -> None:
    interval = difference_interval(56, 70, 48, 80)
    assert f"from {100 * float(interval.low):.1f} to {100 * float(interval.high):.1f}" in GUIDE


def test_the_matched_comparison_of_the_guide_is_as_told() -> None:
    useful, mark = [50] * 10 + [80] * 10, [True] * 9 + [False] + [True] + [False] * 9
    raw = matched_difference(useful, [100] * 20, mark, [0] * 20).difference
    matched = matched_difference(useful, [100] * 20, mark, ["A"] * 10 + ["B"] * 10).difference
    assert raw == pytest.approx(-0.24) and "24 points lower" in GUIDE
    assert matched == pytest.approx(0.0) and "Matched, the difference is 0" in GUIDE
