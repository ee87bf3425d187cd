"""One reader of values for all doors: text and Python's own; what is not possible is told in a sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from feedback_analytics.analytics.filters import COMMON
from feedback_analytics.analytics.parameters import Kind, Parameter, read_parameters
from feedback_analytics.errors import QueryError

BERLIN = ZoneInfo("Europe/Berlin")
MIDNIGHT = datetime(2026, 11, 22, 23, tzinfo=UTC)
A_COUNT = Parameter("most", Kind.COUNT, "Most rows.", least=1, most=50)


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        (Kind.MOMENT, "2026-11-23", MIDNIGHT),
        (Kind.MOMENT, date(2026, 11, 23), MIDNIGHT),
        (Kind.MOMENT, "2026-11-22T23:00:00Z", MIDNIGHT),
        (Kind.MOMENT, datetime(2026, 11, 23, 1, tzinfo=timezone(timedelta(hours=2))), MIDNIGHT),
        (Kind.STATE, "2026-11-23", "2026-11-22T23:00:00Z"),
        (Kind.STATE, datetime(2026, 11, 23, tzinfo=BERLIN), "2026-11-22T23:00:00Z"),
        (Kind.STATE, "a:feedback.votes.v1:0@7", "a:feedback.votes.v1:0@7"),
        (Kind.DAYS, "all", "all"),
        (Kind.DAYS, "28", 28),
        (Kind.YES_NO, "Yes", True),
        (Kind.YES_NO, False, False),
        (Kind.TEXT, "x' or 1=1 --", "x' or 1=1 --"),
    ],
)
def test_text_and_values_of_python_mean_the_same(kind: Kind, value: object, read: object) -> None:
    assert Parameter("name", kind, "").read(value, BERLIN) == read


@pytest.mark.parametrize(
    ("kind", "value", "allowed"),
    [
        (Kind.MOMENT, "23.11.2026", "a day such as 2026-11-23"),
        (Kind.MOMENT, "2026-02-30", "a day such as 2026-11-23"),
        (Kind.MOMENT, "2026-11-23T10:00:00", "a time with its zone"),
        (Kind.MOMENT, datetime(2026, 11, 23), "a time with its zone"),  # noqa: DTZ001
        (Kind.MOMENT, "0001-01-01", "from 1970 to 2199"),
        (Kind.MOMENT, "9999-12-31", "from 1970 to 2199"),
        (Kind.MOMENT, datetime.max.replace(tzinfo=BERLIN), "from 1970 to 2199"),
        (Kind.STATE, datetime(2026, 11, 23), "a time with its zone"),  # noqa: DTZ001
        (Kind.STATE, "x" * 20_001, "at most 20,000 characters"),
        (Kind.DAYS, "0", "a number of days from 1 to 36,500, or all"),
        (Kind.DAYS, "-3", "a number of days from 1 to 36,500, or all"),
        (Kind.DAYS, 40_000, "a number of days from 1 to 36,500, or all"),
        (Kind.YES_NO, "perhaps", "yes or no"),
        (Kind.TEXT, "x" * 2_001, "text of at most 2,000 characters"),
        (Kind.TEXT, "half of \ud83d", "text of at most 2,000 characters"),
        (Kind.TEXT, 7, "text of at most 2,000 characters"),
    ],
)
def test_what_is_not_possible_is_told_with_what_is(kind: Kind, value: object, allowed: str) -> None:
    with pytest.raises(QueryError) as refused:
        Parameter("name", kind, "").read(value, BERLIN)
    assert allowed in str(refused.value)
    assert str(refused.value).startswith("name = ")
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("value", ["0", "51", 51, 0, "1.5", 1.5, "١", True, "1" * 30])
def test_a_number_out_of_its_range_is_refused(value: object) -> None:
    with pytest.raises(QueryError, match="a whole number from 1 to 50"):
        A_COUNT.read(value, BERLIN)


def test_a_parameter_that_does_not_exist_is_refused_with_the_nearest_and_with_all() -> None:
    with pytest.raises(
        QueryError, match="ranking has no parameter 'topics'. Did you mean topic.* It takes since, until"
    ):
        read_parameters("ranking", COMMON, {"topics": "Cities"}, BERLIN)


def test_what_is_empty_is_not_set() -> None:
    values = read_parameters("ranking", COMMON, {"topic": "", "since": None, "device": "mobile"}, BERLIN)
    assert {name: value for name, value in values.items() if value is not None} == {"days": 28, "device": "mobile"}
