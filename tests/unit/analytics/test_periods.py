"""Periods: which days a question is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from feedback_analytics.analytics import Period
from feedback_analytics.analytics.periods import period_between

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def last_days(
    days: int | Literal["all"], *, now: datetime, first_vote_at: datetime | None, newest_vote_at: datetime | None
) -> Period:
    return period_between(
        None, None, days, now=now, first_vote_at=first_vote_at, newest_vote_at=newest_vote_at, zone=ZoneInfo("UTC")
    )


def test_the_last_days_end_with_today_so_that_a_new_vote_is_among_them() -> None:
    period = last_days(28, now=NOW, first_vote_at=day("2026-01-01"), newest_vote_at=day("2026-11-23"))
    assert period == Period(day("2026-10-28"), day("2026-11-25"))
    assert period.days == 28


def test_without_votes_in_them_the_days_end_with_the_newest_vote() -> None:
    period = last_days(
        28, now=NOW, first_vote_at=day("2017-01-05"), newest_vote_at=datetime(2018, 12, 31, 9, tzinfo=UTC)
    )
    assert period == Period(day("2018-12-04"), day("2019-01-01"))


def test_a_vote_on_the_first_of_the_days_keeps_them() -> None:
    period = last_days(7, now=NOW, first_vote_at=None, newest_vote_at=day("2026-11-18"))
    assert period == Period(day("2026-11-18"), day("2026-11-25"))


def test_a_vote_on_the_day_before_them_moves_them() -> None:
    period = last_days(7, now=NOW, first_vote_at=None, newest_vote_at=day("2026-11-17"))
    assert period == Period(day("2026-11-11"), day("2026-11-18"))


def test_all_days_run_from_the_first_vote_to_the_newest() -> None:
    period = last_days("all", now=NOW, first_vote_at=day("2017-03-05"), newest_vote_at=day("2018-12-31"))
    assert period == Period(day("2017-03-05"), day("2019-01-01"))


def test_a_readers_clock_that_is_ahead_at_midnight_is_in() -> None:
    late = datetime(2026, 11, 24, 23, 59, tzinfo=UTC)
    period = last_days(7, now=late, first_vote_at=None, newest_vote_at=datetime(2026, 11, 25, 0, 2, tzinfo=UTC))
    assert period.until == day("2026-11-26")


def test_the_step_keeps_the_number_of_points_readable() -> None:
    def step(days: int) -> str:
        return last_days(days, now=NOW, first_vote_at=None, newest_vote_at=NOW).step

    assert [step(days) for days in (1, 7, 28, 90, 365, 2000)] == ["hour", "day", "day", "day", "week", "month"]
