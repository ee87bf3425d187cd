"""Periods: the days that a question is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from feedback_analytics.errors import QueryError


@dataclass(frozen=True)
class Period:
    """Whole days in UTC, half-open: [since, until)."""

    since: datetime
    until: datetime

    @property
    def days(self) -> int:
        return (self.until - self.since).days

    @property
    def step(self) -> str:
        """The step by which it is drawn: about thirty to a hundred and thirty of them."""
        if self.days <= 2:
            return "hour"
        if self.days <= 130:
            return "day"
        return "week" if self.days <= 900 else "month"


def period_between(
    since: datetime | None,
    until: datetime | None,
    days: int | Literal["all"],
    *,
    now: datetime,
    first_vote_at: datetime | None,
    newest_vote_at: datetime | None,
    zone: ZoneInfo,
) -> Period:
    """The period [since, until); where one is missing, so many days of the newsroom's time zone, today included.

    Without since and until the days end with today, or with the newest vote where none was given in them: a store of
    old years shows its last days and not an empty page. Raises QueryError when the period ends before it begins.
    """
    if until is None:
        until = _next_day(max(now, newest_vote_at or now) if since is None else max(now, since), zone)
        if since is None and newest_vote_at is not None:
            newest_until = _next_day(newest_vote_at, zone)
            length = 36_500 if days == "all" else days
            if days == "all" or newest_until <= days_before(until, length, zone):
                until = newest_until
    if since is None:
        begin = min(_local_day(first_vote_at or now, zone), days_before(until, 1, zone))
        since = begin if days == "all" else days_before(until, days, zone)
    if since >= until:
        raise QueryError(
            f"the period ends at {until.isoformat()}, before it begins at {since.isoformat()}. "
            "until is the first moment that is no longer part of it."
        )
    return Period(since, until)


def step_around(at: datetime, step: str, zone: ZoneInfo) -> Period:
    """The hour, day, week (from Monday) or month of the time zone that holds a moment."""
    begin = _begin_of(at, step, zone)
    return Period(begin, _following(begin, step, zone))


def steps_of(period: Period, step: str, zone: ZoneInfo) -> list[datetime]:
    """The edges of the steps that cover the period, in UTC: one more than there are steps.

    step is hour, day, week (from Monday) or month, in the time zone; a day of 23 or 25 hours is one day. The first may
    begin before the period. Raises QueryError for more than 20,000.
    """
    at = _begin_of(period.since, step, zone)
    edges = [at]
    while edges[-1] < period.until:
        if len(edges) > MOST_STEPS:
            raise QueryError(f"the period has more than {MOST_STEPS:,} steps of a {step}. Ask for longer steps.")
        edges.append(_following(edges[-1], step, zone))
    return edges


MOST_STEPS = 20_000
# Two years of hours; more no chart shows.


@dataclass(frozen=True)
class WholeDays:
    """A period's whole days in a time zone, and the whole months among them, in UTC: since <= ... <= until.

    Without a whole day all four are the end of the period; without a whole month both months are the first day.
    """

    day_since: datetime
    month_since: datetime
    month_until: datetime
    day_until: datetime


def whole_days(period: Period, zone: ZoneInfo | None) -> WholeDays:
    """The whole days and months of the period; zone=None: none."""
    if zone is None:
        return WholeDays(*[period.until] * 4)
    first, last = _first_day(period.since, zone), period.until.astimezone(zone).date()
    if _midnight(first, zone) >= _midnight(last, zone):
        return WholeDays(*[period.until] * 4)
    # The first month that begins on the first day or later.
    month, end = ((first - timedelta(days=1)).replace(day=1) + timedelta(days=32)).replace(day=1), last.replace(day=1)
    month, end = (month, end) if month < end else (first, first)
    return WholeDays(_midnight(first, zone), _midnight(month, zone), _midnight(end, zone), _midnight(last, zone))


def begins_a_day(at: datetime, zone: ZoneInfo) -> bool:
    """Whether a day of the time zone begins at that moment."""
    return _midnight(at.astimezone(zone).date(), zone) == at


def _first_day(at: datetime, zone: ZoneInfo) -> date:
    """The first day of the zone that begins at that moment or later."""
    day = at.astimezone(zone).date()
    return day if _midnight(day, zone) >= at else day + timedelta(days=1)


def days_before(at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same time of day so many days before, in the time zone; in UTC."""
    local = at.astimezone(zone)
    try:
        earlier = local.replace(tzinfo=None) - timedelta(days=days)
    except OverflowError:
        earlier = datetime(2000, 1, 1)  # noqa: DTZ001  # gets its zone below
    return earlier.replace(tzinfo=zone).astimezone(UTC)


def weeks_before(period: Period, zone: ZoneInfo) -> Period:
    """As many whole weeks back as the period needs, so that weekday meets weekday, and midnight midnight."""
    return Period(same_time_before(period.since, period, zone), same_time_before(period.until, period, zone))


def same_time_before(at: datetime, period: Period, zone: ZoneInfo) -> datetime:
    """The moment of `weeks_before` that is beside a moment of the period: the same weekday, the same time of day."""
    local_days = period.until.astimezone(zone).replace(tzinfo=None) - period.since.astimezone(zone).replace(tzinfo=None)
    return days_before(at, max(1, -(-local_days // timedelta(days=7))) * 7, zone)


def _begin_of(at: datetime, step: str, zone: ZoneInfo) -> datetime:
    if step == "hour":
        # Of the zone's clock, which may be half an hour or three quarters off UTC's.
        local = at.astimezone(zone)
        since_then = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return at.astimezone(UTC) - since_then
    day = at.astimezone(zone).date()
    if step == "week":
        day -= timedelta(days=day.weekday())
    elif step == "month":
        day = day.replace(day=1)
    return _midnight(day, zone)


def _following(at: datetime, step: str, zone: ZoneInfo) -> datetime:
    if step == "hour":
        return at + timedelta(hours=1)
    day = at.astimezone(zone).date()
    if step == "month":
        return _midnight((day.replace(day=1) + timedelta(days=32)).replace(day=1), zone)
    return _midnight(day + timedelta(days=7 if step == "week" else 1), zone)


def _local_day(at: datetime, zone: ZoneInfo) -> datetime:
    return _midnight(at.astimezone(zone).date(), zone)


def _next_day(at: datetime, zone: ZoneInfo) -> datetime:
    return _midnight(at.astimezone(zone).date() + timedelta(days=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The beginning of the day in the time zone, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def zone_named(name: str) -> ZoneInfo:
    """The time zone of that name. Raises QueryError."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise QueryError(f"there is no time zone {name!r}. Name one such as Europe/Berlin or UTC.") from None
