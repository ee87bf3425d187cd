"""Lake: a store in the hands of an analyst: SQL, questions by name, pandas. Read-only by construction.

    with feedback_analytics.connect("data") as lake:
        lake.ask("ranking", of="sections", days=90, topic="Cities")
        lake.sql("from mart.votes limit 10").df()

Every answer is a pandas DataFrame with documented columns (`lake.question(name).columns`). Its `attrs` say what it was
made from: question, parameters, period (since, until), time_zone, as_of and positions; and notes, sentences that must
not be missed, such as that rows were cut off; `drops` adds to_note, what a telling of it writes down. Asked again with
`as_of=answer.attrs["positions"]`, and the same since and until, it gives the same numbers, whatever has come since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

import pandas as pd

from feedback_analytics.analytics.catalog import QUESTIONS, Question, question_named
from feedback_analytics.analytics.memory import Memory
from feedback_analytics.analytics.parameters import read_parameters
from feedback_analytics.analytics.periods import zone_named
from feedback_analytics.analytics.scope import Scope
from feedback_analytics.store import Reader, Snapshot


class Lake:
    """A store, read-only. May be used by several threads; close it when done."""

    def __init__(
        self, reader: Reader, *, time_zone: str = "UTC", now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._reader, self._now = reader, now
        self.time_zone = time_zone
        self._zone = zone_named(time_zone)
        self._memory = Memory()

    def ask(self, question: str, /, **parameters: object) -> pd.DataFrame:
        """The answer to a question of the catalog, from one snapshot of the store.

        Parameters are those of the question; values may be text or Python's own (dates, numbers, booleans). Shares run
        from 0 to 1, times are aware UTC. Raises QueryError for a question, parameter or value that is not possible.
        """
        asked, values = self.read(question, parameters)
        with self.snapshot() as snapshot:
            return self.answer(snapshot, asked, values)

    def read(self, question: str, parameters: Mapping[str, object]) -> tuple[Question, dict[str, Any]]:
        """The question of that name, and the values of all its parameters. Raises QueryError."""
        asked = question_named(question)
        return asked, read_parameters(asked.name, asked.parameters, parameters, self._zone, asked.refuses)

    def answer(self, snapshot: Snapshot, asked: Question, values: Mapping[str, Any]) -> pd.DataFrame:
        """The answer to a question that was read, on an open snapshot."""
        scope = Scope.of(snapshot, values, self._zone, self._now(), self._memory, by_receipt=asked.by_receipt)
        table = asked.table(scope, values)
        told = {
            "question": asked.name,
            "parameters": {name: value for name, value in values.items() if value is not None},
            "since": scope.period.since,
            "until": scope.period.until,
            "time_zone": self.time_zone,
            "as_of": scope.known.as_of,
            "positions": scope.known.text,
        }
        table.attrs = told | table.attrs
        return table

    @property
    def zone(self) -> ZoneInfo:
        """The newsroom's time zone."""
        return self._zone

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """The store as it is now; of use while it is open."""
        return self._reader.snapshot()

    def today(self) -> date:
        """The newsroom's day: a period that is not given ends with it."""
        return self._now().astimezone(self._zone).date()

    @property
    def questions(self) -> tuple[Question, ...]:
        """All that can be asked."""
        return QUESTIONS

    def question(self, name: str) -> Question:
        """One question: the sentence it answers, its parameters and columns."""
        return question_named(name)

    def sql(self, query: str, parameters: Any = None) -> Any:
        """The query as a DuckDB relation; see `store.Reader.sql`."""
        return self._reader.sql(query, parameters)

    def snapshot_id(self) -> int:
        """Changes whenever the store does."""
        return self._reader.snapshot_id()

    def close(self) -> None:
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
