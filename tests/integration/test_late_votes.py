"""Late votes: given in a step, and taken by the log more than an hour after the step was over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from feedback_analytics.analytics import Lake
from feedback_analytics.analytics.catalog import usefulness
from feedback_analytics.dashboard import figure_of, figure_page
from feedback_analytics.store import open_reader
from tests.support.builders import a_vote, record_of
from tests.support.house import House

DAY = timedelta(days=1)


class Diary:
    """Votes for one article, and a lake that asks about its days."""

    def __init__(self, house: House) -> None:
        self.house = house
        # The log stamps what it takes with the real time, so days are counted from today.
        self.today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    def send(self, *events: dict[str, Any]) -> None:
        self.house.append([record_of(event) for event in events])
        self.house.process_all()

    def day(self, days_ago: int, reader: str, **told: Any) -> dict[str, Any]:
        at = self.today - days_ago * DAY + timedelta(hours=told.pop("hour", 12))
        return a_vote("a1", reader=reader, at=at, **told)

    def late(self, lake: Lake, **asked: Any) -> dict[int, int]:
        """Late votes by how many days ago they were given."""
        answer = lake.ask("trend", step="day", since=self.today - 20 * DAY, until=self.today + DAY, **asked)
        assert (answer["late_votes"] <= answer["votes"]).all()
        late = answer[answer["late_votes"] > 0]
        return {(self.today - at).days: n for at, n in zip(late["step_at"], late["late_votes"], strict=True)}


@pytest.fixture
def diary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Diary]:
    with House(tmp_path_factory.mktemp("house") / "data") as house:
        yield Diary(house)


@pytest.fixture
def lake(diary: Diary) -> Iterator[Lake]:
    with Lake(open_reader(diary.house.settings)) as opened:
        yield opened


def test_a_vote_is_late_when_its_step_was_over_for_an_hour(diary: Diary, lake: Lake) -> None:
    now = datetime.now(UTC)
    diary.send(
        diary.day(9, "long-ago"),
        a_vote("a1", reader="an-hour-or-more", at=now - timedelta(hours=2, minutes=1)),
        a_vote("a1", reader="just-now", at=now - timedelta(seconds=1)),
    )
    assert diary.late(lake)[9] == 1
    hours = lake.ask("trend", step="hour", since=now - timedelta(hours=5), until=now + timedelta(hours=1))
    late = hours.loc[hours["late_votes"] > 0, ["step_at", "ends_at", "late_votes"]]
    assert late["late_votes"].tolist() == [1]
    begin, end = late.iloc[0][["step_at", "ends_at"]]
    assert begin <= pd.Timestamp(now - timedelta(hours=2, minutes=1)) < end


def test_only_answers_that_stand_are_late_votes(diary: Diary, lake: Lake) -> None:
    diary.send(
        diary.day(9, "stays"),
        diary.day(9, "moves"),
        diary.day(9, "goes"),
        diary.day(9, "older"),
        diary.day(9, "on-a-section", section="whats-next"),
    )
    diary.send(
        diary.day(5, "moves", useful=False),
        diary.day(4, "goes", vote="retracted"),
        # Older than what stands: stored, and never counted.
        diary.day(12, "older"),
        # The same event again.
        diary.day(9, "stays", event_id="same"),
        diary.day(9, "stays", event_id="same"),
    )
    assert diary.late(lake) == {9: 2, 5: 1}
    assert diary.late(lake, of="sections") == {9: 1}


def test_late_votes_follow_the_filters_and_the_state_that_is_asked_for(diary: Diary, lake: Lake) -> None:
    diary.send(diary.day(9, "r1", device="mobile"), diary.day(9, "r2", device="desktop"))
    before = lake.ask("trend").attrs["positions"]
    diary.send(diary.day(9, "r3", device="mobile"), diary.day(6, "r4"))
    assert diary.late(lake) == {9: 3, 6: 1}
    assert diary.late(lake, as_of=before) == {9: 2}
    assert diary.late(lake, device="mobile") == {9: 2}
    assert diary.late(lake, device="mobile", as_of=before) == {9: 1}
    assert diary.late(lake, article_id="a1") == {9: 3, 6: 1}
    assert diary.late(lake, article_id="a2") == {}


def test_the_foot_says_how_many_came_late_and_the_figure_hatches_them(diary: Diary, lake: Lake) -> None:
    assert lake.ask("trend").attrs["notes"] == []
    diary.send(*(diary.day(9, f"r{n}") for n in range(12)))
    answer = lake.ask("trend", step="day")
    says = "12 of 12 votes came late, more than an hour after their day was over, and count there."
    assert answer.attrs["notes"] == [says]
    assert says in figure_page(answer, "Trend")
    assert figure_of(answer).data[-1].marker.pattern.shape is None, "where all came late, hatching tells nothing apart"
    diary.send(*(diary.day(9, f"r{n}", hour=13, vote="retracted") for n in range(11)))
    (alone,) = lake.ask("trend", step="day").attrs["notes"]
    assert re.match(r"1 of 1 vote came late, more than an hour after its day was over, and counts there\.", alone)
    now = datetime.now(UTC) - timedelta(seconds=1)
    diary.send(*(a_vote("a1", reader=f"now-{n}", at=now) for n in range(5)))
    assert figure_of(lake.ask("trend", step="day")).data[-1].marker.pattern.shape == "/"


def test_where_a_period_has_too_many_records_late_votes_are_counted_when_asked_for(
    diary: Diary, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    diary.send(*(diary.day(9, f"r{n}") for n in range(12)))
    monkeypatch.setattr(usefulness, "LATE_RECORDS", 3)
    answer = lake.ask("trend", step="day")
    assert answer["late_votes"].isna().all()
    assert "with_late = yes" in answer.attrs["notes"][0]
    assert lake.ask("trend", step="day", with_late="yes")["late_votes"].sum() == 12
    monkeypatch.undo()
    assert lake.ask("trend", step="day", with_late=False)["late_votes"].isna().all()
