"""Many who look at the same time share one state of the store and its answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from feedback_analytics.analytics import Lake, SharedLake
from feedback_analytics.errors import QueryError, QueryTimeout
from feedback_analytics.store import Reader, open_reader
from tests.support.builders import a_vote, record_of
from tests.support.house import House


@dataclass
class HandClock:
    """A clock that goes when it is told to."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


class CountingLake(Lake):
    """A real lake that notes which questions it worked out, and can be told to run out of time."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self.worked_out: list[str] = []
        self.runs_out = False

    def answer(self, snapshot: Any, asked: Any, values: Any) -> pd.DataFrame:
        self.worked_out.append(asked.name)
        if self.runs_out:
            raise QueryTimeout("too slow")
        return super().answer(snapshot, asked, values)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path / "data") as house:
        yield house


@pytest.fixture
def lake(house: House) -> Iterator[CountingLake]:
    cast(house, "a")
    with CountingLake(open_reader(house.settings)) as lake:
        yield lake


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def shared(lake: CountingLake, clock: HandClock) -> Iterator[SharedLake]:
    shared = SharedLake(lake, clock=clock)
    yield shared
    shared.close()


def cast(house: House, *readers: str) -> None:
    house.append([record_of(a_vote("a1", reader=reader)) for reader in readers])
    house.process_all()


def votes(shared: SharedLake, **asked: Any) -> int:
    with shared.look() as look:
        return int(look.ask("overview", days="all", **asked)["votes"].sum())


def test_the_same_question_is_worked_out_once(shared: SharedLake, lake: CountingLake) -> None:
    assert [votes(shared), votes(shared), votes(shared, topic="none")] == [1, 1, 0]
    assert lake.worked_out == ["overview", "overview"]


def test_a_look_sees_one_state_and_the_next_one_the_newest(shared: SharedLake, house: House, clock: HandClock) -> None:
    with shared.look() as look:
        cast(house, "b")
        clock.seconds += 5
        assert votes(shared) == 2
        assert int(look.ask("overview", days="all")["votes"].sum()) == 1


def test_a_busy_store_is_looked_at_anew_once_a_second(shared: SharedLake, house: House, clock: HandClock) -> None:
    assert votes(shared) == 1
    cast(house, "b")
    clock.seconds += 0.9
    assert votes(shared) == 1
    clock.seconds += 0.2
    assert votes(shared) == 2


def test_a_new_look_can_be_asked_for(shared: SharedLake, house: House) -> None:
    with shared.look():
        assert votes(shared) == 1
        cast(house, "b")
        shared.look_anew()
        assert votes(shared) == 2


def test_an_unchanged_store_keeps_its_answers(shared: SharedLake, lake: CountingLake, clock: HandClock) -> None:
    assert votes(shared) == 1
    before = shared.snapshot_id()
    clock.seconds += 100
    assert votes(shared) == 1
    assert shared.snapshot_id() == before
    assert lake.worked_out == ["overview"]


def test_a_lasting_answer_outlives_its_state_for_as_long_as_it_may(
    shared: SharedLake, house: House, clock: HandClock
) -> None:
    assert votes(shared, lasting_seconds=60) == 1
    cast(house, "b")
    clock.seconds += 59
    with shared.look() as look:
        assert look.knows("overview", days="all", lasting_seconds=60)
        assert not look.knows("overview", days="all")
    assert votes(shared, lasting_seconds=60) == 1
    clock.seconds += 2
    assert votes(shared, lasting_seconds=60) == 2


def test_after_a_question_that_ran_out_of_time_the_next_one_is_answered(shared: SharedLake, lake: CountingLake) -> None:
    lake.runs_out = True
    with pytest.raises(QueryTimeout):
        votes(shared)
    lake.runs_out = False
    assert votes(shared) == 1


def test_a_changed_answer_changes_nobody_elses(shared: SharedLake) -> None:
    with shared.look() as look:
        mine = look.ask("overview", days="all")
        mine["votes"] = 7
        assert int(look.ask("overview", days="all")["votes"].sum()) == 1


def test_a_bad_value_is_refused_with_what_is_allowed(shared: SharedLake) -> None:
    with shared.look() as look, pytest.raises(QueryError, match="a number of days from 1 to 36,500, or all"):
        look.ask("overview", days="banana")


def test_each_question_that_was_worked_out_is_told_with_its_seconds_and_whether_it_failed(lake: CountingLake) -> None:
    heard: list[tuple[str, bool]] = []
    with closing(SharedLake(lake, told=lambda name, seconds, failed: heard.append((name, failed)))) as shared:
        assert [votes(shared), votes(shared)] == [1, 1]
        lake.runs_out = True
        with pytest.raises(QueryTimeout):
            votes(shared, topic="none")
    assert heard == [("overview", False), ("overview", True)]
