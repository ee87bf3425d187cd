"""A data directory that was moved, copied or mounted elsewhere, with and without permission to write."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from feedback_analytics.store import Writer, open_reader, prove_ledger
from tests.support.lowly import lowly, make_read_only
from tests.support.store import LOG, TOPIC, Scribe, a_vote, a_writer, maintain

VOTES = 240
STORED = "select sum(stored) from mart.ledger"


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    with a_writer(folder) as writer:
        scribe = Scribe(1)
        scribe.begin(writer)
        _add(writer, VOTES)
        _add(writer, 3)
    yield folder
    for place in (folder, *folder.rglob("*")):
        if place.is_dir():
            place.chmod(0o755)  # so that it can be removed


def _add(writer: Writer, count: int) -> None:
    scribe = Scribe(1)
    scribe.next = writer.claim(LOG, TOPIC, [0])
    scribe.transactions = scribe.next[0]
    first = scribe.next[0]
    writer.commit(scribe.rows([a_vote(f"a{at % 120}", reader=f"r{at}") for at in range(first, first + count)]))


def _stored(folder: Path) -> int:
    with open_reader(folder) as reader:
        assert reader.sql("select count(*) from mart.votes").fetchall() == reader.sql(STORED).fetchall()
        assert prove_ledger(reader, None).problems == ()
        return int(reader.sql(STORED).fetchall()[0][0])


def _as_lowly(folder: Path, query: str) -> list[list[object]]:
    command = [*lowly(), sys.executable, "-m", "tests.support.lowly", str(folder), query]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240)
    return json.loads(ended.stdout)


def test_a_moved_store_is_read_and_written_where_it_is_now(data: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "another name" / "it's here"
    elsewhere.parent.mkdir()
    shutil.move(data, elsewhere)
    assert _stored(elsewhere) == VOTES + 3
    with a_writer(elsewhere) as writer:
        _add(writer, VOTES)
        assert maintain(writer, elsewhere).startswith("done: ")
    assert _stored(elsewhere) == 2 * VOTES + 3
    assert not data.exists(), "something still went to where the store had been"


def test_a_copy_goes_its_own_way(data: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(data, tmp_path / "copy")
    with a_writer(copy) as writer:
        _add(writer, VOTES)
        maintain(writer, copy)
    with a_writer(data) as writer:
        _add(writer, 5)
    assert (_stored(data), _stored(copy)) == (VOTES + 8, 2 * VOTES + 3)


def test_a_store_that_may_only_be_read_opens_and_is_left_as_it_was(data: Path) -> None:
    make_read_only(data)
    before = sorted(str(file) for file in data.rglob("*"))
    assert _as_lowly(data, STORED) == [[VOTES + 3]]
    assert sorted(str(file) for file in data.rglob("*")) == before


def test_a_reader_without_permission_to_write_sees_what_a_running_writer_has_committed(data: Path) -> None:
    with a_writer(data) as writer:
        _add(writer, 7)
        make_read_only(data)
        assert _as_lowly(data, STORED) == [[VOTES + 10]]


def test_the_catalog_is_copied_whole_while_a_writer_commits(data: Path) -> None:
    is_over = threading.Event()
    answers: list[tuple[object, ...]] = []
    with a_writer(data) as writer:
        make_read_only(data)
        committing = threading.Thread(target=_commit_until, args=(writer, is_over))
        committing.start()
        try:
            for _ in range(3):
                answers += _two_sides(data)
        finally:
            is_over.set()
            committing.join()
    assert answers
    assert all(votes == stored for votes, stored in answers)


def _commit_until(writer: Writer, is_over: threading.Event) -> None:
    while not is_over.is_set():
        _add(writer, 3)


def _two_sides(folder: Path) -> list[tuple[object, ...]]:
    query = f"select (select count(*) from raw.votes where not is_reversal), ({STORED})"
    return [tuple(row) for row in _as_lowly(folder, query)]
