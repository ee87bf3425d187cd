"""Maintenance: fewer files and snapshots, the same numbers, and nothing young is taken away."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from feedback_analytics.store import Reader, Writer, open_reader, prove_ledger
from tests.support.rival import Rival
from tests.support.store import BEGIN, Scribe, a_vote, a_writer, maintain

TRANSACTIONS, VOTES, FEW = 6, 240, 30


def fill(writer: Writer, scribe: Scribe) -> None:
    """Transactions that write files, each with votes and sums of the same hours, and some kept in the catalog."""
    for number in range(TRANSACTIONS):
        some = [a_vote(f"a{at % 120}", reader=f"r{number}-{at}", at=_hour(at)) for at in range(VOTES)]
        writer.commit(scribe.rows(some))
    for number in range(TRANSACTIONS):
        some = [a_vote(reader=f"few-{number}-{at}", vote="not_useful") for at in range(FEW)]
        writer.commit(scribe.rows(some))


def _hour(number: int) -> datetime:
    return BEGIN + timedelta(hours=number % 2)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    with a_writer(folder) as writer:
        scribe = Scribe(1)
        scribe.begin(writer)
        fill(writer, scribe)
    return folder


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> Path:
    return shutil.copytree(filled, tmp_path / "data")


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in (folder / "lake" / "data").rglob("*.parquet"))


def files_by_table(folder: Path) -> dict[str, int]:
    """Data files on disk, of the tables that grow."""
    found = Counter(file.parent.name for file in (folder / "lake" / "data").rglob("*.parquet"))
    return {table: found[table] for table in GROWING}


GROWING = ("votes", "usefulness_hourly", "batches", "ledger", "segments")
TENDED = {"votes": 1, "usefulness_hourly": 1, "batches": 0, "ledger": 0, "segments": 0}
"""Files after a thorough round; up to 100 rows of a table stay in the catalog."""


def sums(reader: Reader) -> list[tuple[object, ...]]:
    by_votes = "select count(*), sum(votes_delta), sum(useful_delta) from raw.votes"
    by_hours = "select sum(votes_delta), sum(useful_delta) from raw.usefulness_hourly"
    return reader.sql(by_votes).fetchall() + reader.sql(by_hours).fetchall()


ALL = TRANSACTIONS * (VOTES + FEW)
HOURLY = 121
"""Keys of the hourly sums: 120 articles, each in one hour, and one of them in the other hour, too."""

EXPECTED = [(ALL, ALL, TRANSACTIONS * VOTES), (ALL, TRANSACTIONS * VOTES)]


def test_a_round_leaves_one_file_a_table_and_the_same_sums(folder: Path) -> None:
    before = {"votes": TRANSACTIONS, "usefulness_hourly": TRANSACTIONS, "batches": 0, "ledger": 0, "segments": 0}
    assert files_by_table(folder) == before
    with a_writer(folder, hours_ahead=2) as writer:
        told = maintain(writer, folder)
    for work in ("inlined rows of votes to a file", "summed", "merged", "expired", "removed"):
        assert work in told
    with open_reader(folder) as reader:
        assert sums(reader) == EXPECTED
        assert reader.sql("select count(*) from raw.usefulness_hourly").fetchall() == [(HOURLY,)]
        assert len(reader.sql("from ducklake_snapshots('feedback')").fetchall()) <= 2
        assert files_by_table(folder) == TENDED
        assert prove_ledger(reader, None).problems == ()
    assert not list((folder / "lake" / "data").rglob("positions_*/*")), "an update of a position would write a file"


def test_a_second_round_finds_nothing_to_do(folder: Path) -> None:
    with a_writer(folder, hours_ahead=2) as writer:
        maintain(writer, folder)
        maintain(writer, folder)
        before = files(folder)
        assert maintain(writer, folder) == "done: nothing to do"
    assert files(folder) == before


def test_nothing_younger_than_the_setting_is_expired_or_removed(folder: Path) -> None:
    before = files(folder)
    with open_reader(folder) as reader:
        newest = reader.snapshot_id()
        snapshots = reader.sql("select snapshot_id from ducklake_snapshots('feedback')").fetchall()
    with a_writer(folder) as writer:
        told = maintain(writer, folder)
    assert "merged" in told
    assert "expired" not in told
    assert "replaced files" not in told
    assert set(before) <= set(files(folder))
    with open_reader(folder) as reader:
        kept = reader.sql("select snapshot_id from ducklake_snapshots('feedback')").fetchall()
        assert set(snapshots) <= set(kept)
        as_before = f"select sum(votes_delta) from raw.votes at (version => {newest})"
        assert reader.sql(as_before).fetchall() == [(ALL,)]


def test_a_snapshot_that_was_the_newest_within_the_setting_is_kept_though_it_is_older(folder: Path) -> None:
    # A reader may have begun on it a moment before the next commit, however old it was then.
    with a_writer(folder, hours_ahead=2) as writer:
        maintain(writer, folder)
    with open_reader(folder) as reader:
        held = reader.sql("select max(snapshot_id) from ducklake_snapshots('feedback')").fetchall()[0][0]
    with a_writer(folder, hours_ahead=0.99) as writer:
        writer.commit(_continued(folder).rows([a_vote(reader="late")]))
        maintain(writer, folder)
    with open_reader(folder) as reader:
        assert reader.sql(f"select count(*) from raw.votes at (version => {held})").fetchall() == [(ALL,)]


def test_rounds_go_on_after_the_snapshots_since_the_last_one_were_expired(folder: Path) -> None:
    scribe = _continued(folder)
    with a_writer(folder, hours_ahead=2) as writer:
        maintain(writer, folder)
        writer.commit(scribe.rows([a_vote("a1", reader="again", at=BEGIN)]))
        writer.commit(scribe.rows([a_vote("a1", reader="and again", at=BEGIN)]))
        assert maintain(writer, folder).startswith("done: ")
        writer.commit(scribe.rows([a_vote("a1", reader="once more", at=BEGIN)]))
        assert maintain(writer, folder).startswith("done: ")
    with open_reader(folder) as reader:
        assert reader.sql("select count(*) from raw.usefulness_hourly").fetchall() == [(HOURLY,)]
        assert reader.sql("select sum(votes_delta) from raw.usefulness_hourly").fetchall() == [(ALL + 3,)]


def test_only_old_files_of_dead_transactions_are_removed(folder: Path) -> None:
    votes = folder / "lake" / "data" / "raw" / "votes"
    for name in ("old.parquet", "young.parquet"):
        (votes / name).write_bytes(b"PAR1")
    os.utime(votes / "old.parquet", (0, 0))
    with a_writer(folder) as writer:
        assert "removed 1 files of transactions that were never committed" in maintain(writer, folder)
    assert not (votes / "old.parquet").exists()
    assert (votes / "young.parquet").exists()


def test_a_round_that_the_disk_refuses_is_told_and_the_writer_goes_on(folder: Path) -> None:
    with a_writer(folder) as writer:
        maintain(writer, folder)
    # A folder where a replaced file was cannot be unlinked.
    replaced = max((folder / "lake" / "data" / "raw" / "votes").iterdir(), key=lambda file: -file.stat().st_mtime)
    replaced.unlink()
    replaced.mkdir()
    with a_writer(folder, hours_ahead=2) as writer:
        assert maintain(writer, folder).startswith(f"failed: {replaced}: ")
        writer.commit(_continued(folder).rows([a_vote(reader="later")]))
        replaced.rmdir()
        assert maintain(writer, folder).startswith("done: ")
    with open_reader(folder) as reader:
        assert sums(reader)[0][0] == ALL + 1


@pytest.mark.parametrize(("call", "number"), [("syncfs", 2), ("syncfs", 4), ("unlink", 10)])
def test_a_round_killed_in_the_middle_is_begun_anew(folder: Path, call: str, number: int) -> None:
    killing = ["-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}"]
    tracer = ["strace", "-f", "-o", str(folder / "trace"), *killing]
    with Rival(folder, "worker-1", clock_hours=2, tracer=tracer) as rival:
        assert rival.ask("round") == "", "the round was over before it was killed"
        rival.process.wait()
    with a_writer(folder, hours_ahead=2) as writer:
        # The job of the killed process is found and run again, and the one asked for now after it.
        maintain(writer, folder)
        maintain(writer, folder)
    with open_reader(folder) as reader:
        assert sums(reader) == EXPECTED
        assert prove_ledger(reader, None).problems == ()
    assert files_by_table(folder) == TENDED


def _continued(folder: Path) -> Scribe:
    """A scribe that goes on where the filled store ends."""
    scribe = Scribe(1)
    scribe.next[0], scribe.transactions = ALL, 1_000
    return scribe
