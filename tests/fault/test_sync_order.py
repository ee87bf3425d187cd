"""The order of system calls of a real writer: a data file is on disk before the catalog names it.

DuckDB does not sync the Parquet files it writes. After a power cut a catalog that was quicker than the disk would name
files that are empty or torn, and a replaced file would be gone before the one that replaces it is whole.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from tests.support.rival import Rival
from tests.support.store import LOG, TOPIC, a_writer
from tests.support.trace import CREATIONS, MARKS, REMOVALS, SYNCS, WRITES, Call, read_trace, tracer

ORDERS = ("commit 600 mixed", "commit 600", *["commit 60"] * 3, "mark round", "round")
"""Votes in files, votes kept in the catalog, and a round of maintenance by a clock for which all that is old.

The hourly sums of the second transaction join half of those of the first, so that its file is written anew."""


@dataclass(frozen=True)
class History:
    """What the writer did: its answers to the orders, and its calls that concern the lake."""

    answers: list[str]
    calls: list[Call]
    lake: str

    def of(self, names: tuple[str, ...], path: str) -> list[Call]:
        return [call for call in self.calls if call.name in names and path in call.path]

    @cached_property
    def catalog_writes(self) -> list[Call]:
        return [call for call in self.of(WRITES, f"{self.lake}/catalog.sqlite") if not call.path.endswith("-shm")]

    @cached_property
    def data_files(self) -> list[str]:
        """Every data file that was written, in order of creation."""
        return list(dict.fromkeys(call.path for call in self.of(WRITES, f"{self.lake}/data/")))

    def written(self, file: str) -> int:
        """The line by which the file, its name and its directory were made."""
        folder = str(Path(file).parent)
        made = self.of((*WRITES, *CREATIONS), file) + [c for c in self.calls if c.name == "mkdir" and folder in c.path]
        return max(call.ended for call in made)

    def named(self, file: str) -> int:
        """The line at which the catalog was first written with the file's name."""
        name = Path(file).name
        return min(call.began for call in self.catalog_writes if name in call.text)

    def synced(self, file: str) -> int | None:
        """The line by which the file was on disk, if it was synced between its last write and its naming."""
        syncs = [call for call in self.of(SYNCS, "") if call.began > self.written(file)]
        done = [call.ended for call in syncs if call.name == "syncfs" and call.path == f"{self.lake}/data"]
        return min(done, default=None)

    def mark(self, name: str) -> int:
        return next(call.began for call in self.calls if call.name in MARKS and call.path == name)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    folder = tmp_path_factory.mktemp("traced")
    with a_writer(folder) as writer:
        writer.register_topic(LOG, TOPIC, 1, {0: 0})
    with Rival(folder, "worker-1", clock_hours=2, tracer=tracer(folder / "trace")) as rival:
        assert rival.ask("claim") == "0"
        answers = [rival.ask(order) for order in ORDERS]
        rival.end()
    return History(answers, read_trace(folder / "trace"), str(folder / "lake"))


def test_the_traced_writer_did_everything_that_makes_or_removes_files(history: History) -> None:
    assert history.answers == [*["committed"] * 5, "False", history.answers[-1]]
    for work in ("inlined rows of votes to a file", "summed", "anew, without their deleted rows", "merged", "removed"):
        assert work in history.answers[-1]
    before = [file for file in history.data_files if history.written(file) < history.mark("round")]
    assert Counter(Path(file).parent.name for file in before) == {"votes": 2, "usefulness_hourly": 2}
    assert len(history.data_files) > len(before)
    assert history.of(REMOVALS, f"{history.lake}/data/")


def test_every_data_file_is_synced_before_the_catalog_names_it(history: History) -> None:
    for file in history.data_files:
        synced = history.synced(file)
        assert synced is not None, f"{file} was never synced"
        assert history.written(file) < synced < history.named(file)


def test_a_file_is_removed_only_after_its_replacement_is_synced_and_committed(history: History) -> None:
    removed = history.of(REMOVALS, f"{history.lake}/data/")
    for removal in removed:
        files = [file for file in history.data_files if Path(file).parent == Path(removal.path).parent]
        made_later = files[files.index(removal.path) + 1 :]
        replacements = [file for file in made_later if history.named(file) < removal.began]
        assert replacements, f"{removal.path} was removed, and nothing had replaced it"


def test_the_catalog_itself_is_on_disk_before_anything_is_removed(history: History) -> None:
    for removal in history.of(REMOVALS, f"{history.lake}/data/"):
        written = max(call.ended for call in history.catalog_writes if call.ended < removal.began)
        synced = [call for call in history.of(SYNCS, f"{history.lake}/catalog.sqlite") if call.began > written]
        assert synced[0].ended < removal.began
