"""Two writers that both believe they own a partition, one of them stopped in its transaction: only one commits.

The tests hand both the write lease; without that the second is refused, as the first test says.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from feedback_analytics.store import open_reader, prove_ledger
from tests.support.rival import Rival
from tests.support.store import LOG, TOPIC, a_writer

VOTES = 300
"""Votes of a transaction: too many to be kept in the catalog, so each one writes files."""


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose only partition is unowned, and which knows both workers already."""
    folder = tmp_path_factory.mktemp("known")
    for name in ("first", "second"):
        with a_writer(folder, worker_name=name) as writer:
            writer.register_topic(LOG, TOPIC, 1, {0: 0})
    return folder


@pytest.fixture
def folder(known: Path, tmp_path: Path) -> Path:
    return shutil.copytree(known, tmp_path / "data")


def test_a_second_process_is_refused_while_the_first_holds_the_write_lease(folder: Path) -> None:
    with a_writer(folder, worker_name="first"), Rival(folder, "second", lease=True) as second:
        assert second.answer().startswith("StoreBusy: another process (pid")


@pytest.mark.parametrize(
    ("other", "transaction_seconds", "clock_hours"),
    [
        pytest.param("second", 30, 0, id="another worker takes over"),
        pytest.param("first", 30, 0, id="the same worker runs twice"),
        pytest.param("second", 6, 2, id="the other expires the snapshot it began on"),
    ],
)
def test_one_stopped_inside_its_transaction_commits_nothing_once_the_other_has(
    folder: Path, other: str, transaction_seconds: float, clock_hours: float
) -> None:
    with (
        Rival(folder, "first", transaction_seconds=transaction_seconds) as one,
        Rival(folder, other, clock_hours=clock_hours) as two,
    ):
        assert one.ask("claim") == "0"
        assert one.ask(f"commit {VOTES}") == "committed"
        one.order(f"commit {VOTES} standing")
        one.wait_until_it_stands()
        stopped_at = time.monotonic()

        assert two.ask("claim") == str(VOTES)
        assert two.ask(f"commit {VOTES}") == "committed"
        assert two.ask("commit 5") == "committed"
        assert two.ask("round").startswith("done: ")
        if clock_hours:
            # Expired under it, the conflict would be missed: what saves the store is that it has grown too old.
            time.sleep(max(0.0, stopped_at + transaction_seconds - time.monotonic()))

        one.go_on()
        assert one.answer().startswith(("Fenced: ", "StoreBusy: "))
        assert two.ask("commit 5") == "committed"
        assert one.ask("claim") == str(2 * VOTES + 10)
        assert one.ask("commit 7") == "committed"
        assert two.ask("commit 7").startswith("Fenced: ")
    _check(folder, 2 * VOTES + 17)


def test_one_that_begins_after_the_other_took_over_is_fenced_and_does_not_disturb_it(folder: Path) -> None:
    with Rival(folder, "first") as one, Rival(folder, "second") as two:
        assert one.ask("claim") == "0"
        assert two.ask("claim") == "0"
        two.order(f"commit {VOTES} standing")
        two.wait_until_it_stands()
        assert one.ask(f"commit {VOTES}").startswith("Fenced: ")
        two.go_on()
        assert two.answer() == "committed"
    _check(folder, VOTES)


def test_one_stopped_inside_commit_makes_the_other_give_up_soon_and_then_go_on(folder: Path) -> None:
    # It holds SQLite's write lock now. So on this catalog nobody else can commit; they are told, and lose nothing.
    with Rival(folder, "first") as one, Rival(folder, "second") as two:
        assert one.ask("claim") == "0"
        assert one.ask(f"commit {VOTES}") == "committed"
        with _stopped_while_it_writes_the_catalog(folder, one):
            one.order(f"commit {VOTES}")
            _wait_for_line(folder / "trace", "stopped by SIGSTOP")
            asked_at = time.monotonic()
            refused = two.ask("claim")
            assert refused.startswith("StoreBusy: another transaction")
            assert "database is locked" in refused
            # The catalog's busy timeout is 10 s; DuckLake's own repetitions add a second or two.
            assert time.monotonic() - asked_at < 30
            with open_reader(folder) as reader:
                assert reader.sql("select count(*) from raw.votes").fetchall() == [(VOTES,)]
            one.go_on()
            assert one.answer() == "committed"
        assert two.ask("claim") == str(2 * VOTES)
        assert two.ask("commit 7") == "committed"
        assert one.ask("commit 7").startswith("Fenced: ")
    _check(folder, 2 * VOTES + 7)


@contextmanager
def _stopped_while_it_writes_the_catalog(folder: Path, rival: Rival) -> Iterator[None]:
    """The rival's third write to the catalog's write-ahead log from now on stops it: it is in COMMIT then."""
    log = folder / "lake" / "catalog.sqlite-wal"
    writes = ["-P", str(log), "-e", "trace=write,pwrite64", "-e", "inject=write,pwrite64:signal=SIGSTOP:when=3"]
    command = ["strace", "-f", "-p", str(rival.process.pid), "-o", str(folder / "trace"), *writes]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert tracer.stderr is not None
        assert "attached" in tracer.stderr.readline()
        yield
    finally:
        tracer.terminate()
        tracer.communicate()


def _wait_for_line(file: Path, text: str) -> None:
    deadline = time.monotonic() + 30
    while not (file.exists() and text in file.read_text()):
        assert time.monotonic() < deadline, f"{file} never said {text!r}"
        time.sleep(0.01)


def _check(folder: Path, votes: int) -> None:
    """Every offset once, and a ledger that holds."""
    with open_reader(folder) as reader:
        counted = reader.sql("select count(*), count(distinct log_offset), max(log_offset) + 1 from raw.votes")
        assert counted.fetchall() == [(votes, votes, votes)]
        assert prove_ledger(reader, None).problems == ()
