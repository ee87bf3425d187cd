"""Periods: the days that a question is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Period:
    """Whole days in UTC, half-open: [since, until)."""

    since: datetime
    until: datetime

    @property
    def days(self) -> int:
        return (self.until - self.since).days

    @property
    def last_day(self) -> datetime:
        """Beginning of the last day that is part of the period."""
        return self.until - timedelta(days=1)

    @property
    def step(self) -> str:
        """The step by which it is drawn: about thirty to a hundred and thirty of them."""
        if self.days <= 2:
            return "hour"
        if self.days <= 130:
            return "day"
        return "week" if self.days <= 900 else "month"


def last_days(
    days: int | None, *, now: datetime, first_vote_at: datetime | None, newest_vote_at: datetime | None
) -> Period:
    """The last days up to and with today, or all days since the first vote when days is None.

    When no vote was given in them, the period ends with the day of the newest vote instead: a store of old years shows
    its last days and not an empty page.
    """
    newest_until = _day(newest_vote_at or now) + timedelta(days=1)
    if days is None:
        return Period(_day(first_vote_at or now), newest_until)
    # Not simply today: a reader's clock may be a little ahead of ours at midnight.
    until = max(_day(now) + timedelta(days=1), newest_until)
    if newest_until <= until - timedelta(days=days):
        until = newest_until
    return Period(until - timedelta(days=days), until)


def _day(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
