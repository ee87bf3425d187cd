"""Parameters: what a question can be asked with, and how a value is read, whether it comes as text or from Python.

One reader for the command line, HTTP and pandas, so that the same words mean the same everywhere. What is not possible
raises QueryError with what is allowed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from feedback_analytics.contract import time_us
from feedback_analytics.errors import QueryError

MOST_CHARACTERS = 2_000
# Of one value.
MOST_OF_POSITIONS = 20_000
# Characters: those of 1,000 partitions with a million records each.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
# Times beyond are slips of the pen, and some of them no calendar can count from.

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENTS = "a day such as 2026-11-23, or a time with its zone such as 2026-11-23T10:00:00Z"
_STATES = "a day, a time with its zone such as 2026-11-23T10:00:00Z, or the positions that an answer names"


class Kind(StrEnum):
    """How a parameter's value is read."""

    TEXT = "text"
    COUNT = "whole number"
    YES_NO = "yes or no"
    CHOICE = "one of"
    MOMENT = "day or time"
    DAYS = "days"
    STATE = "time or positions"


@dataclass(frozen=True)
class Parameter:
    """One parameter of a question: how it is called, read and explained. default None: not set."""

    name: str
    kind: Kind
    meaning: str
    choices: tuple[str, ...] = ()
    default: Any = None
    least: int = 0
    most: int = 10**9

    @property
    def allowed(self) -> str:
        """What a value may be, in words."""
        match self.kind:
            case Kind.CHOICE:
                return ", ".join(self.choices)
            case Kind.COUNT:
                return f"a whole number from {self.least:,} to {self.most:,}"
            case Kind.YES_NO:
                return "yes or no"
            case Kind.MOMENT:
                return f"{_MOMENTS}, from 1970 to 2199"
            case Kind.DAYS:
                return "a number of days from 1 to 36,500, or all"
            case Kind.STATE:
                return f"{_STATES}, of at most {MOST_OF_POSITIONS:,} characters"
            case _:
                return f"text of at most {MOST_CHARACTERS:,} characters"

    def read(self, value: object, zone: ZoneInfo) -> Any:
        """The value as the questions use it. Raises QueryError."""
        found = _READERS[self.kind](self, value, zone)
        if found is _IMPOSSIBLE:
            raise QueryError(f"{self.name} = {_shown(value)} is not possible: {self.allowed}.")
        return found


_IMPOSSIBLE = object()


def read_parameters(
    question: str,
    known: Iterable[Parameter],
    given: Mapping[str, object],
    zone: ZoneInfo,
    refused: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The values of all known parameters by name, defaults included; None and empty texts are not set.

    Raises QueryError for a name that the question does not know, with the nearest and with all it knows; refused: of
    some of these names, why.
    """
    parameters = {parameter.name: parameter for parameter in known}
    for name in given:
        if name not in parameters:
            near = difflib.get_close_matches(name, parameters, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            why = f": {refused[name]}" if refused and name in refused else ""
            raise QueryError(
                f"{question} has no parameter {_shown(name)}{why}.{hint} It takes {', '.join(parameters)}."
            )
    values = {}
    for name, parameter in parameters.items():
        value = given.get(name)
        values[name] = parameter.default if value is None or value == "" else parameter.read(value, zone)
    return values


def _text(parameter: Parameter, value: object, zone: ZoneInfo) -> object:
    return value if _is_text(value, MOST_CHARACTERS) else _IMPOSSIBLE


def _is_text(value: object, most: int) -> bool:
    """Of at most so many characters, none of them half a surrogate pair: DuckDB takes UTF-8 only."""
    return isinstance(value, str) and len(value) <= most and not any("\ud800" <= one <= "\udfff" for one in value)


def _count(parameter: Parameter, value: object, zone: ZoneInfo) -> object:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        value = int(value)
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return value if is_count and parameter.least <= value <= parameter.most else _IMPOSSIBLE  # type: ignore[operator]


def _days(parameter: Parameter, value: object, zone: ZoneInfo) -> object:
    if value == "all":
        return value
    return _count(Parameter(parameter.name, Kind.COUNT, "", least=1, most=36_500), value, zone)


def _yes_no(parameter: Parameter, value: object, zone: ZoneInfo) -> object:
    if isinstance(value, bool):
        return value
    return {"yes": True, "no": False, "true": True, "false": False}.get(str(value).lower(), _IMPOSSIBLE)


def _choice(parameter: Parameter, value: object, zone: ZoneInfo) -> object:
    return str(value) if str(value) in parameter.choices else _IMPOSSIBLE


def _moment(parameter: Parameter, value: object, zone: ZoneInfo) -> object:
    """An aware UTC time; a day stands for its beginning in the newsroom's time zone."""
    try:
        at = _time_of(value, zone)
    except (ValueError, OverflowError):
        return _IMPOSSIBLE
    return at if EARLIEST <= at < LATEST else _IMPOSSIBLE


def _time_of(value: object, zone: ZoneInfo) -> datetime:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without its zone")
        return value.astimezone(UTC)
    day = value if isinstance(value, date) else None
    if day is None and _DAY.fullmatch(str(value)):
        day = date.fromisoformat(str(value))
    if day is not None:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    return datetime.fromtimestamp(time_us(str(value)) / 1e6, UTC)


def _state(parameter: Parameter, value: object, zone: ZoneInfo) -> object:
    """A time as text, in UTC; or the text of positions as it stands, which is read where the store is known."""
    moment = _moment(parameter, value, zone)
    if isinstance(moment, datetime):
        return moment.isoformat().replace("+00:00", "Z")
    return value if _is_text(value, MOST_OF_POSITIONS) else _IMPOSSIBLE


def _shown(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= 60 else text[:57] + "...")


_READERS: dict[Kind, Callable[[Parameter, object, ZoneInfo], object]] = {
    Kind.TEXT: _text,
    Kind.COUNT: _count,
    Kind.YES_NO: _yes_no,
    Kind.CHOICE: _choice,
    Kind.MOMENT: _moment,
    Kind.DAYS: _days,
    Kind.STATE: _state,
}
