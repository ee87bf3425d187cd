"""Readers while a writer commits and maintenance runs over and over: no lock error, no missing file, no torn answer."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from feedback_analytics.store import Writer, open_reader, prove_ledger
from tests.support.store import Scribe, a_vote, a_writer, maintain

SECONDS = 12
KEPT_SECONDS = 20
"""For how long replaced files are kept here. The setting is an hour at least, so the writer's clock is ahead."""

HOURS_AHEAD = (3600 - KEPT_SECONDS) / 3600
COMMIT_SECONDS = 5
"""Far more than a commit takes on a busy machine (0.2 s), and less than one that waits for a lock (10 s)."""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with a_writer(tmp_path) as writer:
        scribe = Scribe(1)
        scribe.begin(writer)
        _commit(writer, scribe)
    return tmp_path


def _commit(writer: Writer, scribe: Scribe) -> float:
    """A transaction that writes files or, every second time, stays in the catalog; how long it took."""
    count = 240 if scribe.transactions % 2 == 0 else 7
    first = scribe.next[0]
    rows = scribe.rows([a_vote(f"a{at % 120}", reader=f"r{first + at}") for at in range(count)])
    began = time.monotonic()
    writer.commit(rows)
    return time.monotonic() - began


def _continued(writer: Writer) -> Scribe:
    scribe = Scribe(1)
    scribe.transactions = 1_000
    scribe.next = writer.claim("log-1", "feedback.votes.v1", [0])
    return scribe


@contextmanager
def _asking(folder: Path, kinds: Sequence[str], kept_seconds: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Readers in processes of their own, each past its first answer."""
    readers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.asker", str(folder), kind, str(kept_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for kind in kinds
    ]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
        yield readers
    finally:
        for reader in readers:
            reader.kill()
            reader.communicate()


def _told(reader: subprocess.Popen[str]) -> dict[str, Any]:
    """End a reader and hear how it went."""
    told, _ = reader.communicate()
    return json.loads(told)


@pytest.mark.slow
def test_readers_of_every_kind_get_whole_answers_while_files_are_written_merged_and_removed(store: Path) -> None:
    kinds = ("kept", "fresh", "plain")
    took: list[float] = []
    rounds: list[str] = []
    with a_writer(store, hours_ahead=HOURS_AHEAD) as writer, _asking(store, kinds, KEPT_SECONDS) as readers:
        scribe = _continued(writer)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            took += [_commit(writer, scribe) for _ in range(4)]
            rounds.append(maintain(writer, store))
        told = {kind: _told(reader) for kind, reader in zip(kinds, readers, strict=True)}
    print(f"{len(took)} commits, slowest {max(took):.2f} s; {len(rounds)} rounds; {told}")
    assert {kind: answer["wrong"] for kind, answer in told.items()} == dict.fromkeys(kinds, [])
    assert min(answer["answers"] for answer in told.values()) > 0
    assert median(took) < COMMIT_SECONDS
    assert all(told.startswith("done: ") for told in rounds)
    assert any("merged" in told for told in rounds)
    with open_reader(store) as reader:
        assert prove_ledger(reader, None).problems == ()


def test_a_reader_that_stands_still_in_its_snapshot_holds_up_no_commit(store: Path) -> None:
    with a_writer(store) as writer, _asking(store, ["held"], 3600) as (reader,):
        scribe = _continued(writer)
        reader.send_signal(signal.SIGSTOP)
        # If it were in the way, these would wait for ever, that is, until they are refused.
        for _ in range(6):
            _commit(writer, scribe)
        assert maintain(writer, store).startswith("done: ")
        _commit(writer, scribe)
        reader.send_signal(signal.SIGCONT)
        told = _told(reader)
    # It still sees the snapshot it began on, from files that were merged into others meanwhile.
    assert told["wrong"] == []
