"""Periods and steps in the newsroom's time zone: its midnights, its weeks, its days of 23 and 25 hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from feedback_analytics.analytics.periods import Period, period_between, steps_of, weeks_before
from feedback_analytics.errors import QueryError

BERLIN, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    """A time of the zone's clock, in UTC as all periods are."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def between(since: datetime | None = None, until: datetime | None = None, days: Any = 28, **told: Any) -> Period:
    known = {"now": NOW, "first_vote_at": at("2026-03-01T12:00"), "newest_vote_at": at("2026-11-02T08:00")}
    return period_between(since, until, days, zone=BERLIN, **{**known, **told})


def test_the_last_days_end_with_the_newsrooms_today() -> None:
    assert between(days=7) == Period(at("2026-10-27"), at("2026-11-03"))
    late = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)
    assert between(days=2, now=late) == Period(at("2026-11-02"), at("2026-11-04"))


def test_without_a_vote_in_them_they_end_with_the_newest_votes_day() -> None:
    assert between(days=7, newest_vote_at=at("2026-05-05T12:00")) == Period(at("2026-04-29"), at("2026-05-06"))
    assert between(days=7, newest_vote_at=None, first_vote_at=None) == Period(at("2026-10-27"), at("2026-11-03"))


def test_all_days_begin_with_the_first_vote() -> None:
    assert between(days="all") == Period(at("2026-03-01"), at("2026-11-03"))
    assert between(days="all", first_vote_at=None, newest_vote_at=None) == Period(at("2026-11-02"), at("2026-11-03"))


def test_one_given_end_gives_the_other() -> None:
    assert between(since=at("2026-10-01")) == Period(at("2026-10-01"), at("2026-11-03"))
    assert between(until=at("2026-10-01"), days=2) == Period(at("2026-09-29"), at("2026-10-01"))
    assert between(since=at("2027-10-01")) == Period(at("2027-10-01"), at("2027-10-02"))


@pytest.mark.parametrize("until", ["2026-10-01", "2026-09-30"])
def test_a_period_that_ends_before_it_begins_is_refused(until: str) -> None:
    with pytest.raises(QueryError, match="until is the first moment that is no longer part of it"):
        between(since=at("2026-10-01"), until=at(until))


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25), ("2026-03-29", 23), ("2026-07-01", 24)])
def test_a_day_has_the_hours_that_the_clock_gives_it(day: str, hours: int) -> None:
    period = Period(at(day), at(day[:-2] + str(int(day[-2:]) + 1).zfill(2)))
    assert steps_of(period, "day", BERLIN) == [period.since, period.until]
    in_hours = steps_of(period, "hour", BERLIN)
    assert len(in_hours) - 1 == hours
    assert {later - earlier for earlier, later in zip(in_hours, in_hours[1:], strict=False)} == {timedelta(hours=1)}


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    period = Period(at("2026-10-21"), at("2026-11-03"))
    assert steps_of(period, "week", BERLIN) == [
        at(day) for day in ("2026-10-19", "2026-10-26", "2026-11-02", "2026-11-09")
    ]
    assert steps_of(period, "month", BERLIN) == [at(day) for day in ("2026-10-01", "2026-11-01", "2026-12-01")]


def test_hours_are_those_of_the_newsrooms_clock() -> None:
    period = Period(at("2026-10-21", KOLKATA), at("2026-10-22", KOLKATA))
    edges = steps_of(period, "hour", KOLKATA)
    assert (edges[0], len(edges) - 1) == (period.since, 24)
    assert edges[0].minute == 30


def test_too_many_steps_are_refused() -> None:
    with pytest.raises(QueryError, match="more than 20,000 steps of a hour"):
        steps_of(Period(at("2020-01-01"), at("2026-01-01")), "hour", BERLIN)


@pytest.mark.parametrize(
    ("since", "until", "before"),
    [
        # Seven days of which one has 25 hours are still one week back, from midnight to midnight.
        ("2026-10-20", "2026-10-27", ("2026-10-13", "2026-10-20")),
        ("2026-10-27", "2026-11-03", ("2026-10-20", "2026-10-27")),
        ("2026-10-26", "2026-11-03", ("2026-10-12", "2026-10-20")),
        ("2026-11-02", "2026-11-03", ("2026-10-26", "2026-10-27")),
        ("2026-03-24", "2026-03-31", ("2026-03-17", "2026-03-24")),
    ],
)
def test_the_weeks_before_have_the_same_weekdays(since: str, until: str, before: tuple[str, str]) -> None:
    found = weeks_before(Period(at(since), at(until)), BERLIN)
    assert found == Period(at(before[0]), at(before[1]))
