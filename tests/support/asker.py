"""A reader in a process of its own that asks without a pause: `python -m tests.support.asker DATA KIND SECONDS`.

KIND is how it reads:

    kept      one reader, many snapshots, as the dashboard does
    fresh     a reader opened for each question, as the command line does
    plain     DuckDB and the ATTACH line of the README, nothing of ours
    held      one snapshot, held for as long as the process lives

SECONDS is how long replaced files are kept: a question that took longer is beyond the promise, and is not counted.
It says `ready` after its first answer, asks until its stdin ends, and then prints, as JSON, how many answers it got in
time, the slowest in seconds, and what was wrong with any of them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import duckdb

from feedback_analytics.errors import FeedbackError
from feedback_analytics.store import Snapshot, open_reader

Ask = Callable[[str], list[tuple[object, ...]]]
Moment = Callable[[], AbstractContextManager[Ask]]

BY_VOTES = "select sum(votes_delta), sum(useful_delta), count(distinct batch_id) from raw.votes"
BY_HOURS = "select sum(votes_delta), sum(useful_delta) from raw.usefulness_hourly"
BY_DAYS = """
select sum(votes_delta), sum(useful_delta)
from (
    select votes_delta, useful_delta
    from raw.usefulness_daily
    union all
    select votes.votes_delta, votes.useful_delta
    from raw.votes as votes
    left join raw.folded_positions as folded using (log_id, log_topic, log_partition)
    where votes.log_offset >= coalesce(folded.next_offset, 0)
)
"""
BY_ARTICLES = "select sum(votes), sum(useful) from mart.article_usefulness"
BY_LEDGER = "select sum(stored) from mart.ledger"
"""Five sides of the same sums. In one snapshot they agree."""


def main() -> None:
    folder, kind, kept_seconds = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    answers, slowest, wrong = 0, 0.0, []
    has_told = False
    with KINDS[kind](folder) as moment:
        while not _stdin_ended():
            began = time.monotonic()
            found = _look(moment)
            seconds = time.monotonic() - began
            if seconds < kept_seconds:
                answers, slowest = answers + 1, max(slowest, seconds)
                wrong += found
            if not has_told:
                print("ready", flush=True)
                has_told = True
    print(json.dumps({"answers": answers, "slowest_seconds": slowest, "wrong": wrong[:5]}), flush=True)


def _look(moment: Moment) -> list[str]:
    """What is wrong with one answer; an error of any kind is."""
    try:
        with moment() as ask:
            return _contradictions(ask)
    except (FeedbackError, duckdb.Error, OSError) as error:
        return [f"{type(error).__name__}: {error}"]


def _contradictions(ask: Ask) -> list[str]:
    ((votes, useful, _),) = ask(BY_VOTES)
    sides = {
        "hours": ask(BY_HOURS)[0],
        "days": ask(BY_DAYS)[0],
        "articles": ask(BY_ARTICLES)[0],
        "ledger": ask(BY_LEDGER)[0],
    }
    expected = dict.fromkeys(("hours", "days", "articles"), (votes, useful)) | {"ledger": (votes,)}
    return [
        f"votes say {expected[side]}, {side} say {found}" for side, found in sides.items() if found != expected[side]
    ]


def _stdin_ended() -> bool:
    """The test closes our stdin to end us."""
    readable, _, _ = select.select([0], [], [], 0)
    return bool(readable) and os.read(0, 1) == b""


def _asking(snapshot: Snapshot) -> Ask:
    return lambda query: [tuple(row.values()) for row in snapshot.table(query).to_pylist()]


@contextmanager
def _kept(folder: Path) -> Iterator[Moment]:
    with open_reader(folder) as reader:

        @contextmanager
        def moment() -> Iterator[Ask]:
            with reader.snapshot() as snapshot:
                yield _asking(snapshot)

        yield moment


@contextmanager
def _fresh(folder: Path) -> Iterator[Moment]:
    @contextmanager
    def moment() -> Iterator[Ask]:
        with open_reader(folder) as reader, reader.snapshot() as snapshot:
            yield _asking(snapshot)

    yield moment


@contextmanager
def _held(folder: Path) -> Iterator[Moment]:
    with open_reader(folder) as reader, reader.snapshot() as snapshot:

        @contextmanager
        def moment() -> Iterator[Ask]:
            yield _asking(snapshot)

        yield moment


def attach_plainly(folder: Path, options: str = "read_only, ") -> duckdb.DuckDBPyConnection:
    """DuckDB and the ATTACH line of the README, nothing of ours; options: before those of its data."""
    engine = duckdb.connect()
    for name in ("sqlite_scanner", "ducklake"):
        # `install` would fetch them; here they come from their wheels.
        (place,) = importlib.util.find_spec(f"duckdb_extension_{name}").submodule_search_locations
        (file,) = Path(place).glob(f"extensions/v{duckdb.__version__}/*.duckdb_extension")
        engine.execute(f"load '{file}'")
    engine.execute(
        f"attach 'ducklake:sqlite:{folder}/lake/catalog.sqlite' as feedback "
        f"({options}data_path '{folder}/lake/data', override_data_path true)"
    )
    engine.execute("use feedback")
    return engine


@contextmanager
def _plain(folder: Path) -> Iterator[Moment]:
    engine = attach_plainly(folder)

    @contextmanager
    def moment() -> Iterator[Ask]:
        engine.execute("begin")
        try:
            yield lambda query: engine.execute(query).fetchall()
        finally:
            engine.execute("rollback")

    yield moment


KINDS = {"kept": _kept, "fresh": _fresh, "plain": _plain, "held": _held}


if __name__ == "__main__":
    main()
