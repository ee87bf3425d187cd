"""How numbers and times are written."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

from feedback_analytics.analytics import numbers


def test_a_share_is_written_with_a_narrow_space_before_the_sign() -> None:
    assert numbers.percent(0.61) == "61.0\u202f%"
    assert numbers.percent(0.478, 0) == "48\u202f%"


def test_an_interval_that_ends_at_a_hundred_is_written_so() -> None:
    assert numbers.percent_range(0.908, 1.0) == "90.8–100.0\u202f%"


def test_counts_are_exact() -> None:
    assert numbers.count(66165) == "66,165"


def test_one_is_singular() -> None:
    assert [numbers.counted(n, "vote") for n in (0, 1, 2020)] == ["0\u00a0votes", "1\u00a0vote", "2,020\u00a0votes"]


def test_differences_carry_a_sign() -> None:
    assert [numbers.signed_points(d) for d in (0.09, -0.234, 0.001, -0.01)] == [
        "+9\u00a0points",
        "−23\u00a0points",
        "±0\u00a0points",
        "−1\u00a0point",
    ]


def test_a_sure_gap_is_cut_down_so_that_it_stays_true() -> None:
    assert [numbers.at_least_points(g) for g in (0.0699, 0.0149, 0.0048)] == [
        "6\u00a0points",
        "1\u00a0point",
        "0.4\u00a0points",
    ]


def test_votes_still_needed_have_two_figures() -> None:
    assert [numbers.more_votes(n) for n in (1, 82, 243, 1524, math.inf)] == [
        "~1 more\u00a0vote",
        "~82 more\u00a0votes",
        "~250 more\u00a0votes",
        "~1,600 more\u00a0votes",
        "over 5,000 more\u00a0votes",
    ]


def test_times_are_told_in_utc() -> None:
    at = datetime(2026, 11, 23, 11, 42, 7, tzinfo=timezone(timedelta(hours=1)))
    assert numbers.moment(at) == "23 Nov 2026, 10:42:07 UTC"
    assert numbers.weekday(datetime(2026, 11, 2, tzinfo=UTC)) == "Mon 2 Nov 2026"


def test_an_age_is_told_in_one_unit() -> None:
    seconds = (2.9, 60, 14 * 60 + 59, 3 * 3600, 86400, 800 * 86400)
    assert [numbers.age(s).replace("\u00a0", " ") for s in seconds] == [
        "2 s",
        "1 minute",
        "14 minutes",
        "3 hours",
        "1 day",
        "800 days",
    ]
