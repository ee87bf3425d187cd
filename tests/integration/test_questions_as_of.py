"""An answer can be made again to the digit, whatever has come since, and whatever was rebuilt."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from feedback_analytics.analytics.lake import Lake
from feedback_analytics.errors import QueryError
from feedback_analytics.store import JobKind, JobState, open_reader, run_job
from tests.support.chronicle import NOW, Chronicle, editions
from tests.support.house import House


def again(answer: pd.DataFrame, lake: Lake, **changed: object) -> dict[str, Any]:
    """The parameters that make an answer again."""
    told = answer.attrs
    named = {parameter.name for parameter in lake.question(told["question"]).parameters}
    wanted = {**told["parameters"], "since": told["since"], "until": told["until"], "as_of": told["positions"]}
    return {name: value for name, value in {**wanted, **changed}.items() if name in named}


@pytest.fixture
def first_half(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chronicle]:
    chronicle = Chronicle(tmp_path_factory.mktemp("chronicle"), seed=2, votes=400)
    chronicle.announce(editions()[:6])
    chronicle.send(chronicle.casts[:400])
    yield chronicle
    chronicle.house.close()


def open_lake(house: House, now: datetime = NOW) -> Lake:
    return Lake(open_reader(house.settings), time_zone="Europe/Berlin", now=lambda: now)


def test_every_answer_can_be_made_again_after_late_votes_and_a_rebuild(first_half: Chronicle) -> None:
    chronicle = first_half
    with open_lake(chronicle.house) as lake:
        answers = {
            question.name: lake.ask(
                question.name, **({"article_id": "a-city"} if question.name == "edit_effect" else {})
            )
            for question in lake.questions
        }
        trend = lake.ask("trend", step="week", of="sections", topic="Cities", device="mobile")
    made_at = chronicle.clock[0]
    # Late and later votes, corrections, newer versions, dead letters; then everything derived is made anew.
    chronicle.send(chronicle.casts[400:])
    chronicle.announce(editions()[6:])
    chronicle.send_dead_letters()
    chronicle.house.close()
    job = run_job(chronicle.house.settings, JobKind.MAINTENANCE, {}, now=lambda: chronicle.clock[0])
    assert job.state is JobState.DONE, job.told
    shutil.rmtree(chronicle.house.folder / "index")
    chronicle.house.open()
    later = NOW + timedelta(days=40)
    with open_lake(chronicle.house, later) as lake:
        for name, answer in answers.items():
            made_again = lake.ask(name, **again(answer, lake))
            assert_frame_equal(made_again, answer, check_exact=True, obj=name)
            assert made_again.attrs["as_of"] == answer.attrs["as_of"]
        assert_frame_equal(lake.ask("trend", **again(trend, lake)), trend, check_exact=True)
        # The same by the clock: of the last transaction, and a moment after it.
        at = answers["overview"].attrs["as_of"]
        assert at <= made_at
        for name, as_of in (("overview", at), ("ranking", made_at - timedelta(seconds=1)), ("dead_letters", at)):
            told_again = lake.ask(name, **again(answers[name], lake, as_of=as_of))
            assert_frame_equal(told_again, answers[name], check_exact=True, obj=name)
        # Without a period, the last days are those before the state that was asked for, and not before today.
        assert_frame_equal(lake.ask("overview", as_of=at), answers["overview"], check_exact=True)
        assert lake.ask("overview")["votes"].sum() > answers["overview"]["votes"].sum()


def test_a_store_that_held_nothing_yet_gives_nothing_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    chronicle = Chronicle(tmp_path_factory.mktemp("chronicle"), votes=80)
    with open_lake(chronicle.house) as lake:
        before = {name: lake.ask(name) for name in ("overview", "ranking", "trend", "section_map", "drops", "ledger")}
        assert before["overview"]["votes"].tolist() == [0, 0]
        assert before["ranking"].empty
        assert before["trend"]["votes"].sum() == 0
        assert before["overview"].attrs["as_of"] is None
    chronicle.send(chronicle.casts)
    with open_lake(chronicle.house) as lake:
        for name, answer in before.items():
            assert_frame_equal(lake.ask(name, **again(answer, lake)), answer, check_exact=True, obj=name)
        assert lake.ask("overview", as_of=datetime(2020, 1, 1, tzinfo=UTC))["votes"].tolist() == [0, 0]
    chronicle.house.close()


def test_positions_of_another_store_or_of_the_future_are_no_zeros(first_half: Chronicle) -> None:
    with open_lake(first_half.house) as lake:
        positions = lake.ask("freshness")["positions"][0]
        topic = positions.split(";")[-1]
        begin, offset = topic.rsplit("@", 1)
        for as_of, says in (
            (f"{begin}@{int(offset) + 1}", "the store has come to"),
            ("elsewhere:feedback.votes.v1:0@5", "which this store never read"),
            (f"{positions};{begin.rsplit(':', 1)[0]}:0@1", "two positions"),
            ("0@5", "neither a time"),
            ("yesterday", "neither a time"),
        ):
            with pytest.raises(QueryError, match=says):
                lake.ask("overview", as_of=as_of)
