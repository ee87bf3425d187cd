"""Shared lake: for many who look at the same time. They share one snapshot of the store, and its answers.

    shared = SharedLake(lake)
    with shared.look() as look:
        look.ask("overview", days=28)
        look.ask("trend", days=28)      # of the same state: parts add up to their whole

Questions are worked out one after another: two at once would share the same cores, and the second is often the same as
the first. While the store changes all the time, a snapshot is kept for a second at least, and for twice the time that
its answers took, so that at most half of the time goes into numbers that nobody asked to see anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pandas as pd

from feedback_analytics.analytics.catalog import Question
from feedback_analytics.analytics.known import read_query
from feedback_analytics.analytics.lake import Lake
from feedback_analytics.analytics.memory import keep
from feedback_analytics.errors import FeedbackError
from feedback_analytics.store import Snapshot

KEPT_SECONDS, MOST_KEPT_SECONDS = 1.0, 10.0
# How long a snapshot serves while the store changes: at least, and at most.
OPEN_SECONDS = 600.0
# How long it is held open while the store stands still; files that it reads are kept for an hour.
REMEMBERED_ANSWERS = 256
# Of one snapshot: a page's handful for some dozens of periods, filters and articles.

Key = tuple[object, ...]


class SharedLake:
    """A lake whose answers are remembered. May be used by several threads; close it before the lake."""

    def __init__(
        self,
        lake: Lake,
        *,
        clock: Callable[[], float] = time.monotonic,
        told: Callable[[str, float, bool], None] = lambda question, seconds, failed: None,
    ) -> None:
        """told is called for each answer that was worked out: the question's name, seconds, whether it failed."""
        self.lake = lake
        self._clock, self._told = clock, told
        self._door, self._turn = threading.Lock(), threading.RLock()
        self._held: _Held | None = None
        self._lasting: dict[Key, tuple[float, pd.DataFrame]] = {}

    def snapshot_id(self) -> int:
        """Of the state that is looked at; changes when the store has. Raises FeedbackError when it cannot be read."""
        with self.look() as look:
            return look.snapshot_id

    @contextmanager
    def look(self) -> Iterator[Look]:
        """All questions inside are answered from the same state of the store."""
        look = Look(self, self.enter())
        try:
            yield look
        finally:
            self.leave(look.held)

    def answer(self, held: _Held, question: str, parameters: dict[str, object], lasting_seconds: float) -> pd.DataFrame:
        """The answer on this snapshot, or a lasting one that is young enough."""
        asked, values, key = self._read(question, parameters)
        if (lasting := self._lasting_answer(key, lasting_seconds)) is not None:
            return lasting.copy(deep=False)
        with self._turn:
            answer = held.answers.get(key)
            if answer is None:
                answer = self._work_out(held, asked, values)
                held.remember(key, answer)
            if lasting_seconds:
                self._keep(key, answer)
        return answer.copy(deep=False)

    def knows(self, held: _Held, question: str, parameters: dict[str, object], lasting_seconds: float) -> bool:
        """Whether `answer` would take no time."""
        _, _, key = self._read(question, parameters)
        return key in held.answers or self._lasting_answer(key, lasting_seconds) is not None

    def _read(self, question: str, parameters: dict[str, object]) -> tuple[Question, dict[str, Any], Key]:
        asked, values = self.lake.read(question, parameters)
        return asked, values, (asked.name, self.lake.today(), *values.items())

    def _lasting_answer(self, key: Key, lasting_seconds: float) -> pd.DataFrame | None:
        """An answer that was kept and is no older than that."""
        found = self._lasting.get(key)
        return found[1] if found and self._clock() - found[0] < lasting_seconds else None

    def look_anew(self) -> None:
        """Whoever looks next sees the newest state, however young the present one is."""
        with self._door:
            if self._held is not None:
                self._held.is_spent = True
                self._held.close_if_left()

    def close(self) -> None:
        with self._door:
            if self._held is not None:
                self._held.close()
            self._held = None

    def _work_out(self, held: _Held, asked: Question, values: dict[str, Any]) -> pd.DataFrame:
        began, failed = self._clock(), True
        try:
            answer = self.lake.answer(held.snapshot, asked, values)
            failed = False
            return answer
        except FeedbackError:
            held.is_broken = not held.still_answers()
            raise
        finally:
            seconds = self._clock() - began
            held.busy_seconds += seconds
            self._told(asked.name, seconds, failed)

    def _keep(self, key: Key, answer: pd.DataFrame) -> None:
        keep(self._lasting, key, (self._clock(), answer), REMEMBERED_ANSWERS)

    def enter(self) -> _Held:
        with self._door:
            if self._held is None or not self._still_serves(self._held):
                fresh = _Held(self.lake.snapshot(), self._clock())
                if self._held is not None:
                    self._held.is_spent = True
                    self._held.close_if_left()
                self._held = fresh
            self._held.visitors += 1
            return self._held

    def _still_serves(self, held: _Held) -> bool:
        age = self._clock() - held.looked_at
        if held.is_spent or held.is_broken:
            return False
        if age < min(max(KEPT_SECONDS, 2 * held.busy_seconds), MOST_KEPT_SECONDS):
            return True
        if self._clock() - held.opened_at > OPEN_SECONDS or self.lake.snapshot_id() != held.snapshot_id:
            return False
        held.looked_at, held.busy_seconds = self._clock(), 0.0
        return True

    def leave(self, held: _Held) -> None:
        with self._door:
            held.visitors -= 1
            held.close_if_left()


class Look:
    """One look at the store: every question is answered from the same state. Of use only inside `SharedLake.look`."""

    def __init__(self, shared: SharedLake, held: _Held) -> None:
        self._shared, self.held = shared, held

    @property
    def snapshot_id(self) -> int:
        return self.held.snapshot_id

    @property
    def time_zone(self) -> str:
        return self._shared.lake.time_zone

    def ask(self, question: str, /, *, lasting_seconds: float = 0.0, **parameters: Any) -> pd.DataFrame:
        """As `Lake.ask`. lasting_seconds: an answer of an earlier state will do if it is no older than that."""
        if self.held.is_broken:
            # One failed question must not take the others with it: they are asked of the store as it is now.
            fresh = self._shared.enter()
            self._shared.leave(self.held)
            self.held = fresh
        return self._shared.answer(self.held, question, parameters, lasting_seconds)

    def knows(self, question: str, /, *, lasting_seconds: float = 0.0, **parameters: Any) -> bool:
        """Whether the answer is there already, so that nobody has to wait for it."""
        return self._shared.knows(self.held, question, parameters, lasting_seconds)


class _Held:
    """A snapshot held open, its answers, and how many look at it."""

    def __init__(self, opening: AbstractContextManager[Snapshot], now: float) -> None:
        self._opening, self._is_closed = opening, False
        self.snapshot = opening.__enter__()
        try:
            self.snapshot_id = self._number()
        except BaseException:
            self.close()
            raise
        self.opened_at = self.looked_at = now
        self.busy_seconds = 0.0
        self.visitors, self.is_spent, self.is_broken = 0, False, False
        self.answers: dict[Key, pd.DataFrame] = {}

    def remember(self, key: Key, answer: pd.DataFrame) -> None:
        keep(self.answers, key, answer, REMEMBERED_ANSWERS)

    def still_answers(self) -> bool:
        """A query that was stopped, or failed, takes its transaction with it: who comes next gets a new one."""
        try:
            return self._number() == self.snapshot_id
        except FeedbackError:
            return False

    def _number(self) -> int:
        return int(self.snapshot.table(read_query("snapshot"))["snapshot_id"][0].as_py())

    def close_if_left(self) -> None:
        if (self.is_spent or self.is_broken) and self.visitors == 0:
            self.close()

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._opening.__exit__(None, None, None)
