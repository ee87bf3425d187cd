"""An embedded installation moves to Kafka and PostgreSQL: nothing is lost or doubled, however often it is killed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from pandas.testing import assert_frame_equal

from feedback_analytics.analytics import Lake
from feedback_analytics.cli.exporting import VIEWS
from feedback_analytics.contract import VOTES_TOPIC
from feedback_analytics.errors import LogError, SettingsError
from feedback_analytics.log import NewRecord, open_log
from feedback_analytics.settings import Settings
from feedback_analytics.store import JobKind, open_reader, open_writer, prove_ledger, run_job
from feedback_analytics.stream import worker_lease
from tests.support.builders import a_vote, record_of
from tests.support.chronicle import NOW, Chronicle
from tests.support.house import House, utc_now
from tests.support.kafka import remove_our_topics
from tests.support.moving import Ends
from tests.support.postgres import PASSWORD, Cluster

pytestmark = pytest.mark.kafka

READERS = range(30)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a chronicle with notes of people, folded sums, and votes behind these; never changed."""
    folder = tmp_path_factory.mktemp("told") / "data"
    chronicle = Chronicle(folder, seed=3, votes=300)
    chronicle.tell_all()
    chronicle.house.close()
    settings = chronicle.house.settings
    for kind, entry in NOTES:
        run_job(settings, kind, entry, now=utc_now)
    run_job(settings, JobKind.MAINTENANCE, {}, now=lambda: chronicle.clock[0])
    chronicle.house.open()
    chronicle.house.append([record_of(vote) for vote in first_votes()])
    chronicle.house.process_all()
    chronicle.house.close()
    return folder


NOTES: list[tuple[JobKind, dict[str, object]]] = [
    (
        JobKind.NOTE_ANNOTATION,
        {"entry_id": "e", "annotation_id": "a", "marked_at": "2026-10-20T12:00:00Z", "note": "Campaign"},
    ),
    (JobKind.NOTE_VIEW, {"entry_id": "v", "name": "Mine", "address": "/?days=7"}),
    (
        JobKind.NOTE_DELIVERY,
        {
            "entry_id": "d",
            "delivery_id": "report/week",
            "follows": None,
            "kind": "report",
            "name": "week",
            "since": "2026-10-19T00:00:00Z",
            "until": "2026-10-26T00:00:00Z",
            "way": "mail",
            "state": "begun",
            "told": None,
            "positions": None,
        },
    ),
]


def first_votes() -> list[dict[str, object]]:
    return [
        a_vote("moving", reader=f"r{number}", event_id=f"m{number}", at="2026-11-01T10:00:00Z") for number in READERS
    ]


@pytest.fixture
def ends(told: Path, tmp_path: Path, postgres: Cluster, kafka: str) -> Ends:
    remove_our_topics(kafka)
    shutil.copytree(told, tmp_path / "data")
    return Ends(tmp_path, postgres, postgres.fresh_database(), kafka)


def views(settings: Settings) -> dict[str, pd.DataFrame]:
    with open_reader(settings) as reader:
        return {name: reader.frame(query) for name, query in VIEWS.items()}


def answers(settings: Settings) -> dict[str, pd.DataFrame]:
    """The answer to every question."""
    with Lake(open_reader(settings), time_zone="Europe/Berlin", now=lambda: NOW) as lake:
        asked = {"edit_effect": {"article_id": "a-city"}}
        return {one.name: lake.ask(one.name, **asked.get(one.name, {})) for one in lake.questions}


def answers_as_of(settings: Settings, positions: str) -> dict[str, pd.DataFrame]:
    with Lake(open_reader(settings), time_zone="Europe/Berlin", now=lambda: NOW) as lake:
        return {name: lake.ask(name, as_of=positions) for name in ("overview", "ranking", "trend")}


def assert_same(before: Mapping[str, pd.DataFrame], after: Mapping[str, pd.DataFrame]) -> None:
    assert before.keys() == after.keys()
    for name, frame in before.items():
        assert_frame_equal(frame, after[name], obj=name, check_exact=True)


def votes_of_moving(house: House) -> list[tuple[object, ...]]:
    with open_reader(house.settings) as reader:
        assert prove_ledger(reader, house.log).problems == ()
        return reader.sql("select votes, useful from mart.article_usefulness where article_id = 'moving'").fetchall()


def assert_votes_go_on(house: House) -> None:
    """Votes of before the move come again, and their readers think otherwise: each still has one answer."""
    before = taken(house)
    house.append([record_of(vote) for vote in first_votes()])
    house.append([record_of(a_vote("moving", reader=f"r{number}", useful=False)) for number in READERS if number % 3])
    house.append([record_of(a_vote("moving", reader="somebody new"))])
    house.process_all()
    assert votes_of_moving(house) == [(31, 11)]
    assert [now - then for now, then in zip(taken(house), before, strict=True)] == [51, 30]


def taken(house: House) -> list[int]:
    """Records that the store has received, and how many of them were duplicates."""
    with open_reader(house.settings) as reader:
        return list(reader.sql("select sum(received)::int, sum(duplicate)::int from raw.batches").fetchall()[0])


def test_a_moved_installation_answers_as_before_and_goes_on(ends: Ends) -> None:
    views_before, answers_before = views(ends.old), answers(ends.old)
    told = ends.move()
    assert told.code == 0 and "The installation has moved" in told.out, told
    assert PASSWORD not in told.out + told.error
    assert_same(views_before, views(ends.new))
    assert_same(answers_before, answers(ends.new))
    assert_same(views_before, views(ends.old))
    for refused in (ends.run("worker"), ends.run("ingest", "--port", "0"), ends.run("maintenance", "run")):
        assert refused.code == 1 and "moved" in refused.error and "FEEDBACK_STORE_URL" in refused.error, refused
    assert ends.run("ledger").code == 0
    positions = answers_before["ranking"].attrs["positions"]
    with ends.new_house() as house:
        with open_reader(ends.new) as reader, open_log(ends.new) as log:
            proof = prove_ledger(reader, log)
            assert proof.problems == () and all("which is not this one" in one for one in proof.unproven)
            assert len(proof.unproven) == len(reader.positions())
        assert_votes_go_on(house)
        house.reopen(without_index=True)
        assert votes_of_moving(house) == [(31, 11)]
    assert_same(answers_as_of(ends.old, positions), answers_as_of(ends.new, positions))
    again = ends.move()
    assert again.code == 0 and "The installation has moved" in again.out, again


def test_a_move_that_is_killed_in_every_step_goes_on_and_loses_nothing(ends: Ends) -> None:
    before = views(ends.old)
    ends.killed_at("takes nothing any more")
    ends.killed_at("nobody writes to")
    ends.killed_at("waits for its rows")
    assert ends.killed_after(0.2)
    ends.killed_at("rows of votes")
    assert ends.killed_after(0.1)
    ends.killed_at("compared every row")
    with pytest.raises(LogError, match="takes nothing any more"), open_log(ends.old) as log:
        log.append([NewRecord(VOTES_TOPIC, 0, b"", b"")]).result()
    with pytest.raises(SettingsError, match=r"is not finished: run feedback lake move again"):
        open_reader(ends.new)
    with pytest.raises(SettingsError, match="is on its way to postgresql://"):
        open_writer(ends.old, secret_fingerprint=None, now=utc_now)
    ends.killed_at("is only read from now on")
    refused = ends.run("lake", "move", "--give-up")
    assert refused.is_refusal("has moved to postgresql://", "where votes may have come since")
    with pytest.raises(SettingsError, match="is not finished"):
        open_writer(ends.new, secret_fingerprint=None, now=utc_now)
    ends.killed_at("is whole")
    assert ends.move().code == 0
    assert_same(before, views(ends.new))
    with ends.new_house() as house:
        assert_votes_go_on(house)


def test_a_move_that_is_given_up_leaves_the_old_installation_as_it_was_to_be_moved_later(ends: Ends) -> None:
    before = views(ends.old)
    ends.killed_at("rows of votes")
    given_up = ends.run("lake", "move", "--give-up")
    assert given_up.code == 0 and "given up" in given_up.out, given_up
    assert "nothing was changed" in ends.run("lake", "move", "--give-up").out
    assert_same(before, views(ends.old))
    with ends.old_house() as house:
        assert_votes_go_on(house)
        house.append([record_of(a_vote("moving", reader=f"late {number}")) for number in range(20)])
    assert ends.move().is_refusal("another move into postgresql://", "or one that was given up")
    elsewhere = Ends(ends.folder, ends.cluster, ends.cluster.fresh_database(), ends.kafka, shared="shared-2")
    told = elsewhere.move()
    assert told.code == 0 and "storing what the log holds" in told.error, told
    with elsewhere.new_house() as house:
        assert votes_of_moving(house) == [(51, 31)]


@pytest.mark.parametrize(
    ("wrong", "pieces"),
    [
        pytest.param({"to": "sqlite:lake"}, ("a lake moves to PostgreSQL",), id="no-postgresql"),
        pytest.param({"broker": "embedded:log"}, ("a move goes on with Kafka",), id="no-kafka"),
        pytest.param({"broker": "kafka://127.0.0.1:1"}, ("127.0.0.1:1",), id="kafka-away"),
        pytest.param({"to": "PASSWORD"}, ("password authentication failed",), id="password"),
        pytest.param({"to": "INSIDE"}, ("lies in the old store",), id="inside"),
        pytest.param({"to": "USED FOLDER"}, ("is not empty",), id="used-folder"),
    ],
)
def test_what_cannot_be_a_move_is_refused_in_one_sentence(
    ends: Ends, wrong: dict[str, str], pieces: tuple[str, ...]
) -> None:
    urls = {
        "PASSWORD": ends.cluster.url(ends.database, ends.folder / "shared", password="geheim"),
        "INSIDE": ends.cluster.url(ends.database, ends.folder / "data" / "lake" / "data"),
        "USED FOLDER": ends.cluster.url(ends.database, ends.folder / "data"),
    }
    told = ends.move(**{name: urls.get(value, value) for name, value in wrong.items()})
    assert told.is_refusal(*pieces) and "geheim" not in told.error
    assert open_log(ends.old).moved_to is None  # type: ignore[attr-defined]


def test_a_move_is_refused_where_somebody_else_is(ends: Ends) -> None:
    with worker_lease(ends.folder / "data" / "log", wait=False):
        assert ends.move().is_refusal("a worker is at the log", "Stop the service first")
    client = AdminClient({"bootstrap.servers": ends.kafka, "log_level": 0})
    client.create_topics([NewTopic(VOTES_TOPIC, 3, 1)])[VOTES_TOPIC].result()
    assert ends.move().is_refusal(f"topic {VOTES_TOPIC} has 3 partitions on Kafka, but 2")
    remove_our_topics(ends.kafka)
    with open_log(ends.new) as log:
        log.create_topic(VOTES_TOPIC, 2)
        log.append([NewRecord(VOTES_TOPIC, 0, b"", b"")]).result()
    assert ends.move().is_refusal(f"topic {VOTES_TOPIC} holds records on Kafka already")
    with ends.new_house():
        pass
    assert ends.move().is_refusal("is in use", "a database of its own, empty")
