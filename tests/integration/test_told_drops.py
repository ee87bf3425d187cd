"""`feedback drops tell`: each drop once, kept in the store; again only after it has recovered and fallen anew."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from feedback_analytics.analytics import Lake
from feedback_analytics.errors import QueryError
from feedback_analytics.store import JobKind, JobState, open_reader
from feedback_analytics.store.jobs import JobFile
from tests.support.builders import SECRET, a_vote, an_article, record_of
from tests.support.commands import Told, as_lines, feedback, wait_until
from tests.support.house import PARTITIONS, House
from tests.support.service import running_service
from tests.support.store import a_writer, shown

MONDAY = datetime(2026, 6, 1, 8, tzinfo=UTC)
USUAL, FALLEN = 86, 50
# Useful votes of a hundred, of the article that falls.
WEEKLY = 200
OF_THE_HOUSE = {"FEEDBACK_READER_SECRET": SECRET.decode(), "FEEDBACK_LOG_PARTITIONS": str(PARTITIONS)}
TOLD = "select article_id, useful, useful_before, window_until, recovered_at is null as stands from mart.told_drops"


class Newsroom:
    """Two articles, one steady, whose votes come in week by week; commands run while no worker does."""

    def __init__(self, folder: Path) -> None:
        self.house, self.weeks = House(folder), 0

    def weeks_of(self, *shares: int, article: str = "bridge") -> None:
        """So many weeks of votes follow, with so many useful ones of a hundred; the other article stays as it is."""
        events = []
        for share in shares:
            begin = MONDAY + timedelta(weeks=self.weeks)
            for number in range(WEEKLY):
                at, reader = begin + timedelta(minutes=45 * number), f"{self.weeks}-{number}"
                events.append(a_vote(article, useful=number % 100 < share, reader=reader, at=at))
                events.append(a_vote("steady", useful=number % 100 < 70, reader=reader, at=at))
            self.weeks += 1
        with self.house:
            self.house.append([record_of(event) for event in events])
            self.house.process_all()

    def tell(self, *options: object) -> Told:
        told = feedback("drops", "tell", *options, "--data", self.house.folder)
        assert told.code == 0, told
        return told

    def told_articles(self, *options: object) -> list[str]:
        """Tell; the articles that were told."""
        return [row["article_id"] for row in csv.DictReader(io.StringIO(self.tell("--format", "csv", *options).out))]

    def lake(self) -> Lake:
        return Lake(open_reader(self.house.settings))

    def ask(self, **parameters: object) -> pd.DataFrame:
        with self.lake() as lake:
            return lake.ask("drops", **parameters)

    def sql(self, query: str) -> str:
        with open_reader(self.house.settings) as reader:
            return shown(reader, query)


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path / "data")


@pytest.fixture
def fallen(newsroom: Newsroom) -> Newsroom:
    newsroom.weeks_of(USUAL, USUAL, USUAL, USUAL, FALLEN)
    return newsroom


def states(answer: pd.DataFrame) -> dict[str, str]:
    return dict(zip(answer["article_id"], answer["state"], strict=True))


def test_a_drop_is_told_once(fallen: Newsroom) -> None:
    assert states(fallen.ask()) == {"bridge": "new"}
    first = fallen.tell()
    assert "bridge" in first.out and "steady" not in first.out
    assert first.error == ""
    answer = fallen.ask()
    assert states(answer) == {"bridge": "told"}
    assert answer["told_at"].notna().all() and answer["recovered_at"].isna().all()
    second = fallen.tell()
    assert second.out == ""
    assert second.error == "Nothing new to tell. Fallen, and told before: 1.\n"
    assert (
        fallen.sql(TOLD)
        == """
    article_id  useful  useful_before  window_until    stands
    bridge      100     688            07-06 00:00:00  yes
"""
    )


def test_as_json_an_empty_telling_is_a_document_without_rows(fallen: Newsroom) -> None:
    told = [json.loads(fallen.tell("--format", "json").out) for _ in range(2)]
    assert [len(document["rows"]) for document in told] == [1, 0]
    assert told[0]["rows"][0]["state"] == "new"


def test_a_share_that_wavers_is_not_told_again_until_it_has_clearly_recovered_and_fallen_anew(fallen: Newsroom) -> None:
    assert fallen.told_articles() == ["bridge"]
    # 82 of a hundred is less than 5 points below what it fell from, but more than half of them.
    for share in (FALLEN, 82, FALLEN):
        fallen.weeks_of(share)
        assert fallen.told_articles() == []
    fallen.weeks_of(84)
    told = fallen.tell()
    assert (told.out, "Recovered since: 1." in told.error) == ("", True)
    assert fallen.ask().empty
    fallen.weeks_of(USUAL, USUAL, USUAL)
    assert fallen.told_articles() == []
    fallen.weeks_of(FALLEN)
    answer = fallen.ask()
    assert states(answer) == {"bridge": "new"}
    assert answer["told_at"].notna().all() and answer["recovered_at"].notna().all()
    assert fallen.told_articles() == ["bridge"]
    assert fallen.told_articles() == []
    assert (
        fallen.sql(TOLD + " order by drop_number")
        == """
    article_id  useful  useful_before  window_until    stands
    bridge      100     688            07-06 00:00:00  no
    bridge      100     684            08-31 00:00:00  yes
"""
    )


def test_a_recovery_that_nobody_looked_at_counts_when_it_has_fallen_anew(fallen: Newsroom) -> None:
    assert fallen.told_articles() == ["bridge"]
    fallen.weeks_of(USUAL, USUAL, USUAL, USUAL, FALLEN)
    assert states(fallen.ask()) == {"bridge": "new"}
    assert fallen.told_articles() == ["bridge"]
    assert states(fallen.ask()) == {"bridge": "told"}
    assert (
        fallen.sql("select recovered_at is null as stands from mart.told_drops order by drop_number")
        == """
    stands
    no
    yes
"""
    )


def test_a_lasting_drop_does_not_recover_by_becoming_usual(fallen: Newsroom) -> None:
    assert fallen.told_articles() == ["bridge"]
    fallen.weeks_of(FALLEN, FALLEN, FALLEN, FALLEN, FALLEN)
    told = fallen.tell()
    assert told.error.startswith("Nothing new to tell. Nothing fell: of 2 ")
    assert "Recovered" not in told.error


def test_another_watch_tells_for_itself(fallen: Newsroom) -> None:
    assert fallen.told_articles() == ["bridge"]
    assert fallen.told_articles("--least-points", 10) == ["bridge"]
    assert fallen.told_articles("--least-points=10") == []
    assert states(fallen.ask()) == {"bridge": "told"}
    assert states(fallen.ask(window_days=6)) == {"bridge": "new"}


def test_sections_and_topics_are_told_and_remembered_too(newsroom: Newsroom) -> None:
    sections = [{"id": "next", "heading": "What’s Next?"}]
    with newsroom.house as house:
        announced = an_article("bridge", title="The bridge", topic="Cities", sections=sections, at=MONDAY)
        house.append([(b"bridge", json.dumps(announced).encode())], "feedback.articles.v1")
        votes = [
            a_vote("bridge", section=section, useful=number % 100 < share, reader=f"{week}-{number}", at=at)
            for week, share in enumerate((USUAL, USUAL, USUAL, USUAL, FALLEN))
            for number in range(WEEKLY)
            for section in (None, "next")
            for at in [MONDAY + timedelta(weeks=week, minutes=45 * number)]
        ]
        house.append([record_of(vote) for vote in votes])
        house.process_all()
    rows = list(csv.DictReader(io.StringIO(newsroom.tell("--format", "csv").out)))
    assert {(row["family"], row["article_id"], row["section_id"], row["group"]) for row in rows} == {
        ("article", "bridge", "", ""),
        ("section", "bridge", "next", ""),
        ("topic", "", "", "Cities"),
    }
    assert newsroom.tell("--format", "csv").out.count("\n") == 1
    assert set(newsroom.ask()["state"]) == {"told"}


def test_a_drop_is_told_while_the_service_runs_and_is_noted_by_its_worker(fallen: Newsroom) -> None:
    with running_service(fallen.house.folder, environ=OF_THE_HOUSE) as service:
        assert fallen.told_articles() == ["bridge"]
        assert fallen.told_articles() == []
        wait_until(lambda: "note_drops" in service.output, "the worker says that it noted the drop")


def test_answers_from_before_and_after_a_telling_can_be_made_again(fallen: Newsroom) -> None:
    before = fallen.ask()
    with fallen.lake() as lake:
        positions = lake.ask("overview").attrs["positions"]
    fallen.tell()
    after = fallen.ask()
    between = after["told_at"][0] - timedelta(microseconds=1)
    assert before.attrs["positions"] == f"{positions};drops_told@0"
    assert after.attrs["positions"] == f"{positions};drops_told@1"
    fallen.weeks_of(84)
    fallen.tell()
    for answer in (before, after):
        assert_frame_equal(fallen.ask(as_of=answer.attrs["positions"]), answer, check_exact=True)
    assert states(fallen.ask(as_of=between)) == {"bridge": "new"}
    assert states(fallen.ask(as_of=after["told_at"][0])) == {"bridge": "told"}
    # Of another question: the notes that had been written at the last commit before it.
    assert_frame_equal(fallen.ask(as_of=positions), before, check_exact=True)
    with fallen.lake() as lake:
        assert lake.ask("overview", as_of=after.attrs["positions"]).attrs["positions"] == positions
    with pytest.raises(QueryError, match="as_of names 9 drop notes; the store has 2"):
        fallen.ask(as_of=f"{positions};drops_told@9")


@pytest.fixture
def job(fallen: Newsroom) -> Mapping[str, Any]:
    """The arguments of a telling."""
    return {"telling_id": "t1", "notes": msgspec.to_builtins(fallen.ask().attrs["to_note"])}


def run_jobs(folder: Path, *arguments: Mapping[str, Any]) -> list[tuple[JobState, str]]:
    queue = JobFile(folder)
    for one in arguments:
        queue.submit(JobKind.NOTE_DROPS, one)
    queue.close()
    with a_writer(folder) as writer:
        return [(job.state, job.told) for job in writer.run_due_jobs(60).finished]


def test_a_telling_that_is_run_twice_or_decided_on_the_same_state_is_noted_once(
    fallen: Newsroom, job: Mapping[str, Any]
) -> None:
    ended = run_jobs(fallen.house.folder, job, job, {**job, "telling_id": "t2"})
    assert [told for _, told in ended] == [
        "1 drops noted as told, 0 as recovered",
        "0 drops noted as told, 0 as recovered; 1 were noted before",
        "0 drops noted as told, 0 as recovered; 1 were noted before",
    ]
    assert (
        fallen.sql("select telling_id from mart.told_drops")
        == """
    telling_id
    t1
"""
    )


def test_a_telling_that_cannot_be_read_fails_and_the_next_one_is_run(fallen: Newsroom, job: Mapping[str, Any]) -> None:
    wrong = {**job, "notes": [{**job["notes"][0], "votes": "many'; drop table raw.votes; --"}]}
    (failed, why), (done, _) = run_jobs(fallen.house.folder, wrong, job)
    assert (failed, done) == (JobState.FAILED, JobState.DONE)
    assert why.startswith("a job to note drops cannot be read: Expected `int`, got `str`")


def test_what_is_told_is_what_is_known_now(fallen: Newsroom) -> None:
    told = feedback("drops", "tell", "--as-of", "2026-07-01", "--data", fallen.house.folder)
    assert told.is_refusal("what is told is what is known now", code=2)
    told = feedback("drops", "tell", "--window-days", "0", "--data", fallen.house.folder)
    assert told.is_refusal("window_days = '0' is not possible")


def test_an_empty_answer_says_whether_nothing_fell_or_nothing_could_be_watched(tmp_path: Path) -> None:
    def told_after(*days: int, votes: int = 10) -> str:
        events = [
            a_vote("bridge", reader=f"{day}-{number}", at=MONDAY + timedelta(days=day))
            for day in days
            for number in range(votes)
        ]
        assert feedback("import", "-", "--data", tmp_path, given=as_lines(events)).code == 0
        assert feedback("worker", "--until-caught-up", "--data", tmp_path).code == 0
        told = feedback("ask", "drops", "--data", tmp_path)
        assert told.code == 0, told
        return told.out

    enough = "at least 10 votes in the window of 7 days and 10 in the 28 days before"
    assert f"Nothing could be watched: of 1 articles, sections and topics with votes, none has {enough}." in (
        told_after(0)
    )
    assert "Nothing fell: of 1 articles, sections and topics with votes, 1 were watched" in told_after(10)
    told = feedback("ask", "drops", "--until", "2026-05-01", "--data", tmp_path)
    assert "Nothing could be watched: there are no votes in the window of 7 days." in told.out
