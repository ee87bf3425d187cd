"""How numbers and times are written, on every page, in every sentence and report.

Shares are given as 0 to 1 and written as percent. Times are written in UTC unless a zone is given, and name it. A
narrow no-break space stands before %, a no-break space before the noun, a true minus before negative numbers.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo

NARROW = "\u202f"
FIXED = "\u00a0"
MINUS = "\u2212"
RANGE = "\u2013"


def percent(share: float, decimals: int = 1) -> str:
    """0.61 → `61.0 %`."""
    return f"{100 * share:.{decimals}f}{NARROW}%"


def percent_range(low: float, high: float) -> str:
    """0.589, 0.631 → `58.9–63.1 %`; an end at 0 or 100 % is written so."""
    return f"{100 * low:.1f}{RANGE}{100 * high:.1f}{NARROW}%"


def count(number: float) -> str:
    """2020 → `2,020`: exact, never 2.0k."""
    return f"{int(number):,}"


def counted(number: float, noun: str, plural: str | None = None) -> str:
    """1, vote → `1 vote`; 2020, vote → `2,020 votes`."""
    return f"{count(number)}{FIXED}{noun if number == 1 else plural or noun + 's'}"


def signed_points(difference: float) -> str:
    """A difference of shares in whole points: −0.23 → `−23 points`, 0.001 → `±0 points`."""
    points = round(100 * difference)
    sign = "±" if points == 0 else "+" if points > 0 else MINUS
    return f"{sign}{abs(points)}{FIXED}{'point' if abs(points) == 1 else 'points'}"


def signed(difference: float) -> str:
    """A difference of shares in points with one decimal: 0.0091 → `+0.9`, −0.005 → `−0.5`, 0 → `±0.0`."""
    points = round(100 * difference, 1)
    sign = "±" if points == 0 else "+" if points > 0 else MINUS
    return f"{sign}{abs(points):.1f}"


def signed_range(low: float, high: float) -> str:
    """The bounds of a difference in points: `−7.9 to +0.6`."""
    return f"{signed(low)} to {signed(high)}"


def about(number: float) -> str:
    """A number that is not exact, in two figures: 247.3 → `250`, 7,431 → `7,400`, 3.6 → `4`."""
    whole = round(number)
    digits = max(0, len(str(abs(whole))) - 2)
    return f"{round(whole, -digits):,}"


def at_least_points(gap: float) -> str:
    """A gap that is sure, cut down so that it stays true: 0.069 → `6 points`, 0.004 → `0.4 points`."""
    points = math.floor(100 * gap) if gap >= 0.01 else math.floor(1000 * gap) / 10
    return f"{points:g}{FIXED}{'point' if points == 1 else 'points'}"


def more_votes(needed: float | None) -> str:
    """Votes still missing, in two figures: 243 → `~250 more votes`; infinite or None → `over 5,000 more votes`."""
    if needed is None or math.isinf(needed):
        return f"over 5,000 more{FIXED}votes"
    digits = max(0, len(str(int(needed))) - 2)
    rounded = int(math.ceil(needed / 10**digits)) * 10**digits
    return f"~{rounded:,} more{FIXED}{'vote' if rounded == 1 else 'votes'}"


def day(at: datetime) -> str:
    """`23 Nov 2026`."""
    return f"{at.day} {at:%b %Y}"


def weekday(at: datetime) -> str:
    """`Mon 23 Nov 2026`."""
    return f"{at:%a} {day(at)}"


def moment(at: datetime, zone: tzinfo = UTC) -> str:
    """`23 Nov 2026, 10:42:07 UTC`."""
    return f"{day(at.astimezone(zone))}, {clock(at, zone)}"


def clock(at: datetime, zone: tzinfo = UTC) -> str:
    """`10:42:07 UTC`."""
    return f"{at.astimezone(zone):%H:%M:%S} {zone}"


def age(seconds: float) -> str:
    """How long ago, in one unit: `2 s`, `14 minutes`, `3 hours`, `2 days`."""
    if seconds < 60:
        return f"{max(0, int(seconds))}{FIXED}s"
    size, noun = next(unit for unit in _UNITS if seconds >= unit[0])
    return counted(int(seconds // size), noun)


_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))
