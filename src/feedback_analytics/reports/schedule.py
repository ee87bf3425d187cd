"""The schedule of reports: which finished periods are due, and when something that failed is tried again."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from feedback_analytics.reports.making import PeriodName, finished_period

MOST_MISSED = 31
"""Periods that are caught up at once after a long stop; `feedback report --of DAY` makes older ones."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
"""After a failure; the pause doubles from try to try. It is tried for ever: a report is never lost."""

GIVEN_UP_BY_ITS_SENDER = timedelta(minutes=15)
"""A delivery that was begun so long ago, and neither sent nor failed, was left by a sender that died."""

Span = tuple[datetime, datetime]


def due_periods(name: PeriodName, send_at: time, now: datetime, zone: ZoneInfo, last: datetime | None) -> list[Span]:
    """The finished periods to be reported now, oldest first, each [since, until).

    A period is due on the day after it, at send_at by the newsroom's clock. last: the end of the newest period that
    was begun; None: none was, and the newest that is due begins the row.
    """
    found: list[Span] = []
    at = now
    while len(found) < MOST_MISSED:
        since, until = finished_period(name, at, zone)
        if last is not None and until <= last:
            break
        if now >= datetime.combine(until.astimezone(zone).date(), send_at, zone):
            found.append((since, until))
            if last is None:
                break
        at = since
    return found[::-1]


def retry_at(state: str, tries: int, written_at: datetime) -> datetime:
    """When a delivery that failed, or was begun and left, is begun again."""
    if state == "begun":
        return written_at + GIVEN_UP_BY_ITS_SENDER
    return written_at + min(FIRST_PAUSE * (1 << min(tries - 1, 10)), LONGEST_PAUSE)
