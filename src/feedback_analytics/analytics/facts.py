"""Facts: what was known of articles and sections. Only announcements change them, so they are kept between questions.

The announcements that lie before some positions never change: what was once worked out for these positions of the topic
of articles serves every later question of the same positions, whatever votes came in meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from feedback_analytics.analytics.known import Known, read_query
from feedback_analytics.contract import ARTICLES_TOPIC
from feedback_analytics.store import Snapshot

REMEMBERED = 4
# States of the announcements: now, and some that reports ask for. Each takes some 10 MB for 20,000 articles.


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


class RememberedFacts:
    """The facts of the last few states of the announcements. May be used by several threads."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._facts: dict[str, Facts] = {}

    def of(self, known: Known) -> Facts:
        """The facts at what was known."""
        of_articles = pc.equal(known.positions["log_topic"], ARTICLES_TOPIC)
        key = str(known.positions.filter(of_articles).to_pylist())
        with self._turn:
            facts = self._facts.pop(key, None) or Facts()
            self._facts[key] = facts
            if len(self._facts) > REMEMBERED:
                self._facts.pop(next(iter(self._facts)))
            return facts


def those_that_fit(facts: pa.Table, wanted: Mapping[str, Any]) -> pa.Table:
    """The rows with these values; a value that is None fits all."""
    fits = pa.array(np.ones(facts.num_rows, dtype=bool))
    for name, value in wanted.items():
        if value is not None:
            fits = pc.and_(fits, pc.fill_null(pc.equal(facts[name], pa.scalar(value)), False))
    return facts.filter(fits)
