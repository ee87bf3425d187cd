"""A store with its catalog on a real PostgreSQL: several writers, of which one leads, and a server that goes away."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from feedback_analytics.contract import VOTES_TOPIC
from feedback_analytics.errors import (
    FeedbackError,
    Fenced,
    SettingsError,
    StoreBusy,
    StoreError,
    StoreUnreachable,
)
from feedback_analytics.processor import checkpoints
from feedback_analytics.settings import Settings
from feedback_analytics.store import JobKind, Writer, open_reader, open_writer, prove_ledger, run_job
from feedback_analytics.store.lake import literal
from feedback_analytics.store.server import ALONE_IDLE_SECONDS
from tests.support.builders import a_vote as an_event
from tests.support.builders import record_of
from tests.support.commands import feedback, wait_until
from tests.support.cutting import Wire
from tests.support.house import PARTITIONS, House
from tests.support.kafka import remove_our_topics
from tests.support.postgres import PASSWORD, Cluster, running_cluster
from tests.support.rival import Rival
from tests.support.store import LOG, TOPIC, Scribe, a_vote, a_writer, maintain, settings_of, utc_now

VOTES = 300
"""Votes of a transaction: too many to be kept in the catalog, so each one writes files."""

SECRET_OF_READERS = "a secret of thirty-two characters"


@dataclass(frozen=True)
class Lake:
    """An empty lake on a server: its URL, and folders of the machines that work on it."""

    cluster: Cluster
    database: str
    folder: Path

    @property
    def url(self) -> str:
        return self.cluster.url(self.database, self.folder / "shared")

    def writer(self, name: str, **flags: object) -> Writer:
        return a_writer(self.folder / name, worker_name=name, **{"store_url": self.url, **flags})

    def settings(self, name: str = "analyst", **flags: object) -> Settings:
        return settings_of(self.folder / name, **{"store_url": self.url, **flags})

    def counted(self) -> list[tuple[object, ...]]:
        """Votes, and offsets of partition 0, all of which must be there once; proves the ledger on the way."""
        with open_reader(self.settings()) as reader:
            assert prove_ledger(reader, None).problems == ()
            query = "select count(*), count(distinct (log_partition, log_offset)) from raw.votes"
            return reader.sql(query).fetchall()


@pytest.fixture
def lake(postgres: Cluster, tmp_path: Path) -> Lake:
    return Lake(postgres, postgres.fresh_database(), tmp_path)


@pytest.fixture
def own_lake(tmp_path: Path) -> Iterator[Lake]:
    """On a server of its own, to be stopped and started at will."""
    with running_cluster() as cluster:
        yield Lake(cluster, cluster.fresh_database(), tmp_path)


def votes(number: int, count: int = VOTES) -> list[object]:
    return [a_vote(f"a{at % 30}", reader=f"r{number}-{at}") for at in range(count)]


def commit(writer: Writer, scribe: Scribe, partition: int = 0) -> None:
    """One transaction; what the store refused is given the same offsets again."""
    before = scribe.next[partition]
    try:
        writer.commit(scribe.rows(votes(before), partition))
    except FeedbackError:
        scribe.next[partition] = before
        raise


def test_two_workers_commit_at_once_while_the_leader_tends_the_lake_and_the_ledger_holds(lake: Lake) -> None:
    commits, failures = 12, list[str]()

    def work(name: str, partition: int) -> None:
        scribe = Scribe(2)
        scribe.transactions = 1_000 * (partition + 1)
        with lake.writer(name, store__maintenance_seconds=0.001) as writer:
            writer.register_topic(LOG, TOPIC, 2, {0: 0, 1: 0})
            _patiently(lambda: writer.claim(LOG, TOPIC, [partition]))
            while scribe.next[partition] < commits * VOTES:
                try:
                    commit(writer, scribe, partition)
                except StoreBusy as error:
                    failures.append(str(error))
                writer.run_due_jobs()

    workers = [threading.Thread(target=work, args=(f"worker-{at}", at)) for at in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(f"commits refused: {len(failures)}", *failures[:3], sep="\n")
    assert len(failures) <= commits, "they are in each other's way more often than not"
    assert lake.counted() == [(2 * commits * VOTES, 2 * commits * VOTES)]


def _patiently(claim: object) -> None:
    for _ in range(20):
        try:
            claim()  # type: ignore[operator]
            return
        except StoreBusy:
            time.sleep(0.05)
    claim()  # type: ignore[operator]


def test_a_worker_s_name_is_held_once(lake: Lake) -> None:
    with lake.writer("first"), pytest.raises(StoreBusy, match="another process works as first on postgresql://"):
        lake.writer("first")
    lake.writer("first").close()


def test_who_takes_a_partition_over_fences_its_former_owner(lake: Lake) -> None:
    with lake.writer("first") as first, lake.writer("second") as second:
        scribe, other = Scribe(1), Scribe(1)
        other.transactions = 1_000
        scribe.begin(first)
        commit(first, scribe)
        other.next = second.claim(LOG, TOPIC, [0])
        assert other.next == {0: VOTES}
        with pytest.raises(Fenced):
            commit(first, scribe)
        commit(second, other)
    assert lake.counted() == [(2 * VOTES, 2 * VOTES)]


@pytest.mark.parametrize(
    ("other", "seconds", "hours"),
    [
        pytest.param("second", 30, 0, id="another worker takes over"),
        pytest.param("second", 6, 2, id="the other expires the snapshot it began on"),
    ],
)
def test_one_stopped_inside_its_transaction_commits_nothing_once_the_other_has(
    lake: Lake, other: str, seconds: float, hours: float
) -> None:
    for name in ("first", other):
        with lake.writer(name) as writer:
            writer.register_topic(LOG, TOPIC, 1, {0: 0})
    with (
        Rival(lake.folder / "1", "first", transaction_seconds=seconds, store_url=lake.url) as one,
        Rival(lake.folder / "2", other, transaction_seconds=seconds, clock_hours=hours, store_url=lake.url) as two,
    ):
        assert one.ask("claim") == "0"
        assert one.ask(f"commit {VOTES}") == "committed"
        one.order(f"commit {VOTES} standing")
        one.wait_until_it_stands()
        stopped_at = time.monotonic()
        assert two.ask("claim") == str(VOTES)
        assert two.ask(f"commit {VOTES}") == "committed"
        if hours:
            # The one that stands holds the gate, until the server ends its session; only then the lake is tended.
            time.sleep(max(0.0, stopped_at + seconds + 1 - time.monotonic()))
            assert "expired" in two.ask("round")
        one.go_on()
        assert one.answer().startswith(("Fenced: ", "StoreBusy: ", "StoreUnreachable: "))
        assert two.ask("commit 5") == "committed"
        assert one.ask("claim") == str(2 * VOTES + 5)
        assert one.ask("commit 7") == "committed"
        assert two.ask("commit 7").startswith("Fenced: ")
    assert lake.counted() == [(2 * VOTES + 12, 2 * VOTES + 12)]


def test_one_stopped_where_nobody_else_may_be_stops_the_others_for_some_seconds_only(lake: Lake) -> None:
    seconds = 3 * ALONE_IDLE_SECONDS
    with lake.writer("first") as writer:
        writer.register_topic(LOG, TOPIC, 1, {0: 0})
    with (
        Rival(lake.folder / "1", "first", transaction_seconds=seconds, store_url=lake.url) as one,
        Rival(lake.folder / "2", "second", transaction_seconds=seconds, store_url=lake.url) as two,
    ):
        assert one.ask("claim") == "0"
        one.order("stand alone")
        one.wait_until_it_stands()
        stopped_at = time.monotonic()
        assert two.ask("claim") == "0"
        assert two.ask(f"commit {VOTES}") == "committed"
        assert time.monotonic() - stopped_at < 2 * ALONE_IDLE_SECONDS
        one.go_on()
        one.answer()
        assert one.ask("commit 7").startswith("Fenced: ")
    assert lake.counted() == [(VOTES, VOTES)]


def test_a_cut_connection_loses_the_transaction_and_nothing_else(lake: Lake) -> None:
    scribe = Scribe(1)
    with lake.writer("first") as writer:
        scribe.begin(writer)
        commit(writer, scribe)
        with pytest.raises(StoreUnreachable), writer._lake.transaction() as engine:
            engine.execute("insert into raw.segments values (1, 'cut', null, null, null)")
            assert lake.cluster.cut(lake.database) >= 2
        commit(writer, scribe)
        assert 1 not in writer.known_segments()
    assert lake.counted() == [(2 * VOTES, 2 * VOTES)]


def test_a_commit_whose_answer_was_lost_counts_once(lake: Lake) -> None:
    scribe = Scribe(1)
    with Wire(lake.cluster.port) as wire:
        url = lake.url.replace(f":{lake.cluster.port}/", f":{wire.port}/")
        with lake.writer("first", store_url=url) as writer:
            scribe.begin(writer)
            wire.cut_after("COMMIT")
            commit(writer, scribe)
            assert wire.was_cut()
            commit(writer, scribe)
    assert lake.counted() == [(2 * VOTES, 2 * VOTES)]


def test_while_the_server_is_away_everyone_is_told_and_afterwards_all_goes_on(own_lake: Lake) -> None:
    scribe = Scribe(1)
    with own_lake.writer("first") as writer:
        scribe.begin(writer)
        commit(writer, scribe)
        with open_reader(own_lake.settings()) as reader:
            own_lake.cluster.stop()
            for refused in (lambda: commit(writer, scribe), lambda: writer.claim(LOG, TOPIC, [0])):
                with pytest.raises(StoreUnreachable) as told:
                    refused()
                assert PASSWORD not in str(told.value)
            assert [writer.run_due_jobs().problems != () for _ in range(2)] == [True, True]
            with pytest.raises(StoreError, match="cannot read the store in postgresql://feedback@127.0.0.1"):
                reader.snapshot_id()
            own_lake.cluster.start()
            commit(writer, scribe)
            assert reader.sql("select count(*) from mart.votes").fetchall() == [(2 * VOTES,)]
            assert writer.leads()
    assert own_lake.counted() == [(2 * VOTES, 2 * VOTES)]


def test_one_worker_leads_and_another_takes_over_when_it_ends_or_stands_still(lake: Lake) -> None:
    with lake.writer("second", worker__transaction_seconds=2) as second:
        with lake.writer("first") as first:
            assert first.leads()
            assert not second.leads()
        wait_until(second.leads, "the other one leads when the first has ended", 10)
        with lake.writer("third") as third:
            assert not third.leads()
            # The second one says nothing for longer than a transaction may take.
            wait_until(third.leads, "the third leads when the second stands still", 20)
            wait_until(lambda: not second.leads(), "the second sees that it does not lead any more", 10)


def test_a_job_is_done_by_whoever_leads_and_without_a_worker_by_who_asks(lake: Lake) -> None:
    with lake.writer("first") as writer:
        scribe = Scribe(1)
        scribe.begin(writer)
        commit(writer, scribe)
        commit(writer, scribe)
        assert maintain(writer, lake.folder / "first", store_url=lake.url).startswith("done: ")
        stopping = threading.Event()
        leader = threading.Thread(target=lambda: _tend(writer, stopping))
        leader.start()
        try:
            job = run_job(lake.settings("elsewhere"), JobKind.MAINTENANCE, {}, now=utc_now)
        finally:
            stopping.set()
            leader.join()
        assert job.state == "done"
    assert run_job(lake.settings("elsewhere"), JobKind.MAINTENANCE, {}, now=utc_now).state == "done"
    with open_reader(lake.settings()) as reader:
        assert {position.worker for position in reader.positions()} == {"first"}


def _tend(writer: Writer, stopping: threading.Event) -> None:
    while not stopping.is_set():
        writer.run_due_jobs()
        time.sleep(0.02)


def test_a_round_an_hour_later_removes_what_was_replaced_and_no_vote(lake: Lake) -> None:
    with lake.writer("first") as writer:
        scribe = Scribe(1)
        scribe.begin(writer)
        for _ in range(4):
            commit(writer, scribe)
        assert "merged 4 files of votes" in maintain(writer, lake.folder / "first", store_url=lake.url)
    before = len(list((lake.folder / "shared").rglob("*.parquet")))
    later = open_writer(
        lake.settings("first", worker_name="first"),
        secret_fingerprint=None,
        now=lambda: utc_now() + timedelta(hours=2),
    )
    with later:
        told = maintain(later, lake.folder / "first", store_url=lake.url)
    assert "expired" in told and "replaced files" in told
    assert len(list((lake.folder / "shared").rglob("*.parquet"))) < before
    assert lake.counted() == [(4 * VOTES, 4 * VOTES)]


@pytest.mark.kafka
def test_the_next_owner_of_a_partition_begins_from_the_former_one_s_index(
    lake: Lake, kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove_our_topics(kafka)
    monkeypatch.setattr(checkpoints, "WORTH_RECORDS", 100)
    flags = {"broker_url": f"kafka://{kafka}", "store_url": lake.url}
    event = record_of(an_event("a1", reader="r1", event_id="first"))
    with House(lake.folder / "one", flags={**flags, "worker_name": "one"}) as one:
        one.append([event, *(record_of(an_event("a2", reader=f"r{number}")) for number in range(400))])
        one.process_all()
        assert one.processor.save_checkpoints() == PARTITIONS
    shared = lake.folder / "shared" / ".derived" / "checkpoints" / VOTES_TOPIC
    copied = {file.name for file in shared.glob("*/*/*.sst")}
    with House(lake.folder / "two", flags={**flags, "worker_name": "two"}) as two:
        begun_from = {file.name for file in (lake.folder / "two" / "index").rglob("*.sst")}
        assert copied and copied <= begun_from
        two.append([event, record_of(an_event("a1", reader="r1", vote="not_useful", event_id="second"))])
        two.process_all()
        with open_reader(two.settings) as reader:
            assert prove_ledger(reader, two.log).problems == ()
            counts = "select votes, useful from mart.article_usefulness where article_id = 'a1'"
            assert reader.sql(counts).fetchall() == [(1, 0)]
            assert reader.sql("select sum(duplicate)::int from mart.ledger").fetchall() == [(1,)]


def test_an_analyst_s_own_duckdb_reads_the_lake_with_rights_to_read_only(lake: Lake) -> None:
    with lake.writer("first") as writer:
        scribe = Scribe(1)
        scribe.begin(writer)
        commit(writer, scribe)
    lake.cluster.run(f"create user analyst_{lake.database} password 'reads'")
    lake.cluster.run(f"grant select on all tables in schema public to analyst_{lake.database}", lake.database)
    url = lake.url.replace("feedback:it%27s%20a%20secret", f"analyst_{lake.database}:reads")
    with open_reader(url) as reader:
        assert reader.sql("select sum(votes)::int from mart.article_usefulness").fetchall() == [(VOTES,)]
    with duckdb.connect() as plain:
        from feedback_analytics.store.lake import _extension

        for name in ("postgres_scanner", "ducklake"):
            plain.execute(f"load {literal(str(_extension(name)))}")
        server = f"host=127.0.0.1 port={lake.cluster.port} user=analyst_{lake.database} password=reads"
        plain.execute(
            f"attach 'ducklake:postgres:{server} dbname={lake.database}' as feedback "
            f"(read_only, data_path '{lake.folder / 'shared'}', override_data_path true)"
        )
        found = plain.execute("select sum(votes)::int from feedback.mart.article_usefulness").fetchall()
    assert found == [(VOTES,)]


@pytest.mark.parametrize(
    ("wrong", "pieces"),
    [
        pytest.param("password", ("password authentication failed", "Correct FEEDBACK_STORE_URL"), id="password"),
        pytest.param("database", ('database "nobody_made_it" does not exist',), id="database"),
        pytest.param("port", ("Connection refused", "Start the server"), id="port"),
        pytest.param("tls", ("server does not support SSL",), id="tls"),
    ],
)
def test_a_server_that_cannot_be_used_is_told_in_one_sentence_without_the_password(
    lake: Lake, wrong: str, pieces: tuple[str, ...]
) -> None:
    url = {
        "password": lake.cluster.url(lake.database, lake.folder, password="geheim"),
        "database": lake.cluster.url("nobody_made_it", lake.folder),
        "port": lake.url.replace(f":{lake.cluster.port}/", ":1/"),
        "tls": f"{lake.url}&sslmode=require",
    }[wrong]
    environ = {"FEEDBACK_STORE_URL": url, "FEEDBACK_READER_SECRET": SECRET_OF_READERS}
    for command in (["worker"], ["ask", "freshness"]):
        told = feedback(*command, "--data", lake.folder / "data", environ=environ)
        assert told.code == 1 and told.error.count("\n") == 1, told
        assert [piece for piece in (*pieces, "postgresql://feedback@127.0.0.1") if piece not in told.error] == []
        assert re.search(f"{PASSWORD}|geheim|it%27s|Traceback", told.error) is None


def test_a_folder_of_data_files_that_cannot_be_written_is_told_at_start(lake: Lake) -> None:
    (lake.folder / "shared").write_text("a file where the folder should be")
    environ = {"FEEDBACK_STORE_URL": lake.url, "FEEDBACK_READER_SECRET": SECRET_OF_READERS}
    told = feedback("worker", "--data", lake.folder / "data", environ=environ)
    assert told.is_refusal("cannot write to the store's folder", lake.folder / "shared", "FEEDBACK_STORE_URL")


def test_a_store_of_a_newer_release_is_told_to_workers_and_readers(lake: Lake) -> None:
    with lake.writer("first") as writer, writer._lake.alone().transaction() as engine:
        engine.execute("update raw.store_facts set value = '99' where name = 'schema_version'")
    environ = {"FEEDBACK_STORE_URL": lake.url, "FEEDBACK_READER_SECRET": SECRET_OF_READERS}
    for command in (("worker",), ("sql", "select 1")):
        told = feedback(*command, "--data", lake.folder / "data", environ=environ)
        assert told.is_refusal("the store has schema version 99", "Install the newer release")


def test_a_server_without_a_store_is_told_to_readers_and_needs_a_reader_secret_to_make_one(lake: Lake) -> None:
    with pytest.raises(SettingsError, match="no catalog at postgresql://feedback@127.0.0.1"):
        open_reader(lake.settings())
    told = feedback("worker", "--data", lake.folder / "data", environ={"FEEDBACK_STORE_URL": lake.url})
    assert "set FEEDBACK_READER_SECRET" in told.error
