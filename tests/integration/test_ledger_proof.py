"""The proof of the ledger finds each row that is taken away or kept twice by hand, and names the place."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from feedback_analytics.contract import ARTICLES_TOPIC, VOTES_TOPIC
from feedback_analytics.log import EventLog, open_log
from feedback_analytics.settings import read_settings
from feedback_analytics.store import Reader, check_receipts, open_reader, prove_ledger
from tests.support.builders import a_vote, an_article, record_of
from tests.support.house import PARTITIONS, House
from tests.support.store import maintain

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Store:
    """A whole store, opened for the proof, and for a hand that works behind the back of everything that counts."""

    folder: Path
    reader: Reader
    log: EventLog
    hand: duckdb.DuckDBPyConnection

    def problems(self) -> str:
        return "\n".join(prove_ledger(self.reader, self.log).problems)

    @contextmanager
    def holding(self, table: str, condition: str, copies: int) -> Iterator[None]:
        """For the while, the one row that meets the condition is there so many times."""
        kept = self.hand.execute(f"from raw.{table} where {condition}").to_arrow_table()
        assert kept.num_rows == 1, "the condition is to choose one row"
        self._replace(table, condition, kept, copies)
        try:
            yield
        finally:
            self._replace(table, condition, kept, 1)

    def _replace(self, table: str, condition: str, kept: pa.Table, copies: int) -> None:
        self.hand.register("kept", kept)
        self.hand.execute(f"delete from raw.{table} where {condition}")
        for _ in range(copies):
            self.hand.execute(f"insert into raw.{table} from kept")
        self.hand.unregister("kept")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Two votes, a change of mind, a vote sent twice, an article and a dead letter, in two transactions."""
    folder = tmp_path_factory.mktemp("whole")
    with House(folder) as house:
        first = record_of(a_vote("a1", reader="r1", event_id="first", at=NOON))
        house.append([first, record_of(a_vote("a2", reader="r2", event_id="second", at=NOON))])
        house.append([(b"a1", json.dumps(an_article("a1")).encode())], ARTICLES_TOPIC)
        house.append_to(0, b"not json")
        house.process_all()
        changed = a_vote("a1", useful=False, reader="r1", event_id="changed", at=NOON + timedelta(minutes=1))
        house.append([record_of(changed), first])
        house.process_all()
        assert "folded" in maintain(house.writer, folder)
        with open_reader(folder) as reader:
            yield Store(folder, reader, house.log, house.writer._engine)


ROWS = {
    "a batch": ("batches", "dead = 1"),
    "a row of the ledger": ("ledger", "dead = 1"),
    "a cast": ("votes", "event_id = 'second'"),
    "a cast that was superseded": ("votes", "event_id = 'first'"),
    "a reversal": ("votes", "is_reversal"),
    "an announcement": ("articles", "article_id = 'a1'"),
    "a dead letter": ("dead_letters", "reason is not null"),
    "an hourly sum": ("usefulness_hourly", "article_id = 'a2'"),
    "a daily sum": ("usefulness_daily", "article_id = 'a2'"),
    "a monthly sum": ("usefulness_monthly", "article_id = 'a2'"),
}
"""Table and condition that choose one row of the store."""

TOLD = {
    "batches": ("a gap at offset", "but raw.dead_letters holds 1"),
    "ledger": ("raw.batches counts 1 dead, but raw.ledger 0",),
    "votes": ("the entries of raw.votes sum to",),
    "articles": ("1 events were stored, but raw.votes and raw.articles hold 0",),
    "dead_letters": ("1 records died, but raw.dead_letters holds 0",),
    "usefulness_hourly": ("sum to 1 votes, 1 useful, but raw.usefulness_hourly to 0, 0",),
    "usefulness_daily": ("sum to 1 votes, 1 useful, but raw.usefulness_daily to 0, 0",),
    "usefulness_monthly": ("sums to 1 votes, 1 useful, but raw.usefulness_monthly to 0, 0",),
}
TOLD_TWICE = {
    "batches": ("an overlap at offset",),
    "ledger": ("raw.batches counts 1 dead, but raw.ledger 2",),
    "votes": ("the entries of raw.votes sum to",),
    "articles": ("1 events were stored, but raw.votes and raw.articles hold 2",),
    "dead_letters": ("1 records died, but raw.dead_letters holds 2",),
    "usefulness_hourly": ("sum to 1 votes, 1 useful, but raw.usefulness_hourly to 2, 2",),
    "usefulness_daily": ("sum to 1 votes, 1 useful, but raw.usefulness_daily to 2, 2",),
    "usefulness_monthly": ("sums to 1 votes, 1 useful, but raw.usefulness_monthly to 2, 2",),
}
"""What the proof says of a table with a row too few, and with one too many."""


def test_a_ledger_that_nobody_touched_holds(store: Store) -> None:
    proof = prove_ledger(store.reader, store.log)
    assert (proof.holds, proof.problems, proof.unproven) == (True, (), ())
    assert proof.totals == {"received": 6, "stored": 4, "duplicate": 1, "dead": 1, "moved": 0, "id_reused": 0}


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize(("copies", "sentences"), [(0, TOLD), (2, TOLD_TWICE)], ids=["taken away", "kept twice"])
def test_a_row_taken_away_or_kept_twice_is_found(
    store: Store, row: str, copies: int, sentences: dict[str, tuple[str, ...]]
) -> None:
    table, condition = ROWS[row]
    with store.holding(table, condition, copies):
        told = store.problems()
    for sentence in sentences[table]:
        assert sentence in told
    if row.startswith("a cast"):
        assert "events were stored, but raw.votes and raw.articles hold" in told


def test_a_cast_kept_twice_does_not_stand_for_a_missing_one(store: Store) -> None:
    with (
        store.holding("votes", "event_id = 'second'", 0),
        store.holding("votes", "event_id = 'changed' and not is_reversal", 2),
    ):
        assert "events were stored, but raw.votes and raw.articles hold" in store.problems()


def test_a_record_that_is_another_one_than_the_batch_took_is_found_by_its_hash(store: Store) -> None:
    kept = store.hand.execute("select records_xor from raw.batches where dead = 1").fetchone()
    store.hand.execute("update raw.batches set records_xor = xor(records_xor, 1) where dead = 1")
    assert "their hashes differ" in store.problems()
    store.hand.execute("update raw.batches set records_xor = ? where dead = 1", kept)


def test_the_command_says_which_relation_does_not_hold_and_ends_with_one(store: Store) -> None:
    with store.holding("dead_letters", "true", 0):
        code, told = feedback(store.folder, "ledger")
    assert code == 1
    assert "does not hold: feedback.votes.v1[0]" in told
    assert "1 records died, but raw.dead_letters holds 0." in told


def test_receipts_of_what_is_stored_are_confirmed_by_the_command_and_others_are_not(store: Store) -> None:
    given = store.folder / "receipts.ndjson"
    names = ("topic", "partition", "offset")
    given.write_text("\n".join(json.dumps(dict(zip(names, place, strict=True))) for place in _places(store.log)))
    code, told = feedback(store.folder, "ledger", "--receipts", str(given))
    assert (code, told.splitlines()[-1]) == (0, "The ledger holds.")
    given.write_text(f"topic,partition,offset\nfeedback.votes.v9,0,0\n{VOTES_TOPIC},0,1000000\n")
    code, told = feedback(store.folder, "ledger", "--receipts", str(given))
    assert code == 1
    assert "does not hold: feedback.votes.v9[0]@0 was accepted and is lost." in told
    assert f"does not hold: {VOTES_TOPIC}[0]@1000000 was accepted and is lost." in told


def test_each_receipt_is_told_its_own_end(store: Store) -> None:
    receipts = list(_places(store.log))
    # The one that is settled is the vote sent twice.
    expected = {"stored": 4, "dead": 1, "settled": 1, "waiting": 0, "lost": 0}
    assert check_receipts(store.reader, receipts).counts == expected
    with store.holding("batches", "duplicate = 1", 0):
        assert len(check_receipts(store.reader, receipts).lost) == 1


def test_what_retention_has_cut_is_proven_by_its_seal(store: Store, tmp_path: Path) -> None:
    folder = shutil.copytree(store.folder, tmp_path / "data")
    settings = read_settings({"data_dir": str(folder)})
    with open_log(settings) as log, open_reader(folder) as reader:
        for topic in (VOTES_TOPIC, ARTICLES_TOPIC):
            stored = {partition: one.next for partition, one in log.ranges(topic).items()}
            log.retain(topic, stored, older_than_us=2**62)
        assert all(one.earliest == one.next for one in log.ranges(VOTES_TOPIC).values())
        proof = prove_ledger(reader, log)
    assert (proof.problems, proof.unproven) == ((), ())


def _places(log: EventLog) -> Iterator[tuple[str, int, int]]:
    """Every place of the log: what ingest has answered with."""
    for topic in (VOTES_TOPIC, ARTICLES_TOPIC):
        for partition, one in log.ranges(topic).items():
            for offset in range(one.earliest, one.next):
                yield topic, partition, offset


def feedback(folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and output of the command on this data directory."""
    command = [sys.executable, "-m", "feedback_analytics", *arguments, "--data", str(folder)]
    environment = {**os.environ, "FEEDBACK_LOG_PARTITIONS": str(PARTITIONS)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=240)
    return ended.returncode, ended.stdout
