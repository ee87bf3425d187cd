"""What is kept between questions, as it cannot have changed.

Facts of articles and sections: the announcements before some positions never change, so what was worked out for these
positions of the topic of articles serves every later question, whatever votes came in meanwhile.
What was known, and the counts of all targets in a period: of one snapshot, which never changes either. The questions of
a page share them; once the store has moved they are dropped.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from feedback_analytics.analytics.known import Known, Recent, known_at, read_query
from feedback_analytics.contract import ARTICLES_TOPIC
from feedback_analytics.store import Snapshot

REMEMBERED = 4
# Of each kind: a page's periods, now and some earlier states. Each takes up to 10 MB for 20,000 articles.


class Facts:
    """Of articles, sections and versions at some positions, each read when it is first asked for."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._tables: dict[str, pa.Table] = {}

    def table(self, snapshot: Snapshot, name: str) -> pa.Table:
        """article_facts, section_facts or version_times, of the positions that are lent to the snapshot."""
        with self._turn:
            if name not in self._tables:
                self._tables[name] = snapshot.table(read_query(name))
            return self._tables[name]


class Memory:
    """Facts of the last few states of the announcements; positions and counts of the last snapshot asked for.

    May be used by several threads.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._facts: dict[str, Facts] = {}
        self._recent = Recent()
        self._snapshot_id = -1
        self._known: dict[str | None, Known] = {}
        self._counts: dict[Hashable, pa.Table] = {}

    def known(self, snapshot: Snapshot, as_of: str | None) -> Known:
        """As `known_at`; its tables are lent to the snapshot."""
        self._look_at(snapshot)
        with self._turn:
            known = self._known.get(as_of) if self._snapshot_id == snapshot.snapshot_id else None
        if known is not None:
            known.lend_to(snapshot)
            return known
        known = known_at(snapshot, as_of, self._recent)
        with self._turn:
            if self._snapshot_id == snapshot.snapshot_id:
                keep(self._known, as_of, known, REMEMBERED)
        return known

    def facts(self, known: Known) -> Facts:
        """The facts at what was known."""
        of_articles = pc.equal(known.positions["log_topic"], ARTICLES_TOPIC)
        key = str(known.positions.filter(of_articles).to_pylist())
        with self._turn:
            facts = self._facts.pop(key, None) or Facts()
            keep(self._facts, key, facts, REMEMBERED)
            return facts

    def counts(self, snapshot: Snapshot, key: Hashable, count: Callable[[], pa.Table]) -> pa.Table:
        """The table of that key, of this snapshot; counted when it is not there yet."""
        with self._turn:
            found = self._counts.get(key) if self._snapshot_id == snapshot.snapshot_id else None
        if found is None:
            found = count()
            with self._turn:
                if self._snapshot_id == snapshot.snapshot_id:
                    keep(self._counts, key, found, REMEMBERED)
        return found

    def holds(self, snapshot: Snapshot, key: Hashable) -> bool:
        """Whether `counts` would take no time."""
        with self._turn:
            return self._snapshot_id == snapshot.snapshot_id and key in self._counts

    def _look_at(self, snapshot: Snapshot) -> None:
        with self._turn:
            if snapshot.snapshot_id > self._snapshot_id:
                self._snapshot_id = snapshot.snapshot_id
                self._known, self._counts = {}, {}


def keep(kept: dict[Any, Any], key: Hashable, value: object, most: int) -> None:
    """Keep the value under its key, and no more than so many of all: the oldest goes."""
    kept[key] = value
    if len(kept) > most:
        kept.pop(next(iter(kept)))


def those_that_fit(facts: pa.Table, wanted: Mapping[str, Any]) -> pa.Table:
    """The rows with these values; a value that is None fits all."""
    fits = pa.array(np.ones(facts.num_rows, dtype=bool))
    for name, value in wanted.items():
        if value is not None:
            fits = pc.and_(fits, pc.fill_null(pc.equal(facts[name], pa.scalar(value)), False))
    return facts.filter(fits)
