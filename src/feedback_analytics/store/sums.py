"""Compaction of sums: the deltas of many transactions become one row per target and hour, or day, or month.

Works on whole hours (days, months). Which are worth it is known from the rows added since the last look, so a quiet one
is not read again and again; one is summed anew only when it has grown by half.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from feedback_analytics.store.lake import newest_snapshot, oldest_snapshot
from feedback_analytics.store.statements import statement
from feedback_analytics.store.transactions import WritableLake

SLICE_SECONDS = 0.15
# What one slice aims at; half of what the worker may wait, as the disk has bad moments.

FIRST_SLICE_ROWS, MOST_SLICE_ROWS = 30_000, 400_000

GROWTH = 0.5
# New rows per row of an hour from which it is summed anew: every row is then rewritten a few times at most.

SPARED_SHARE = 0.1
# Hours that would lose fewer of their rows than this are left as they are.

FEWEST_ROWS = 64
# Fewer new rows in an hour than this are left for later.


FORMS = COUNT, COUNT_ADDED, SUM, REMOVE, ADD = ("{}s", "{}s_added", "sum_{}s", "remove_{}s", "add_{}_sums")
# Names of the statements that each grain has, but for its noun.


class Grain(NamedTuple):
    """A table of sums, the column that says of which time, and the noun in the names of its statements.

    longest: within so long the next hour, day or month begins.
    """

    table: str
    column: str
    noun: str
    longest: timedelta

    def statement(self, form: str) -> str:
        return statement(form.format(self.noun))


GRAINS = (
    Grain("usefulness_hourly", "hour", "hour", timedelta(hours=1)),
    Grain("usefulness_daily", "day_at", "day", timedelta(hours=27)),
    Grain("usefulness_monthly", "month_at", "month", timedelta(days=32)),
)
# A day is longer than 24 hours when the newsroom's clock is put back.


class Compaction:
    """Knows which hours, days or months have rows that were not summed up yet. One per writer and grain."""

    def __init__(self, lake: WritableLake, grain: Grain) -> None:
        self._lake, self._grain = lake, grain
        self._looked_at: int | None = None
        self._summed: Counter[datetime] = Counter()
        self._added: Counter[datetime] = Counter()
        self._slice_rows = FIRST_SLICE_ROWS

    def slices(self, *, thorough: bool) -> Iterator[str]:
        """Sum up those that are worth it, some adjacent ones per transaction; yields after each."""
        self._look()
        for hours in self._groups(thorough):
            started = time.monotonic()
            before, after = self._sum_up(hours, 0.0 if thorough else SPARED_SHARE)
            self._adapt(before, time.monotonic() - started)
            if after < before:
                yield f"summed {before} rows of {self._grain.table} to {after}"

    def _look(self) -> None:
        """Count the rows added to each hour since the last look; all of them at the first.

        Also all of them when the snapshots since the last look are expired: this process stood still for so long, or
        rounds are farther apart than snapshots are kept.
        """
        newest = newest_snapshot(self._lake.engine)
        if self._looked_at is None or self._looked_at + 1 < oldest_snapshot(self._lake.engine):
            self._summed.clear()
            self._added.clear()
            rows = self._lake.engine.execute(self._grain.statement(COUNT)).fetchall()
        elif newest > self._looked_at:
            bound = {"since": self._looked_at + 1, "until": newest}
            rows = self._lake.engine.execute(self._grain.statement(COUNT_ADDED), bound).fetchall()
        else:
            rows = []
        self._added.update(dict(rows))
        self._looked_at = newest

    def _groups(self, thorough: bool) -> Iterator[Sequence[datetime]]:
        """Runs of hours to be summed in one transaction: about as many rows as a slice may hold."""
        fewest, growth = (1, 0.0) if thorough else (FEWEST_ROWS, GROWTH)
        worth = sorted(h for h, n in self._added.items() if n >= fewest and n > growth * self._summed[h])
        group: list[datetime] = []
        rows = 0
        for hour in worth:
            size = self._added[hour] + self._summed[hour]
            if group and (rows + size > self._slice_rows or hour - group[-1] > self._grain.longest):
                yield group
                group, rows = [], 0
            group.append(hour)
            rows += size
        if group:
            yield group

    def _sum_up(self, hours: Sequence[datetime], spared_share: float) -> tuple[int, int]:
        """Replace the rows of adjacent hours by their sums, if that spares enough; rows before and after."""
        # Up to just behind the last beginning: the next one may be nearer than the longest day or month.
        span = {"since": hours[0], "until": hours[-1] + timedelta(microseconds=1)}
        with self._lake.transaction() as engine:
            sums = engine.execute(self._grain.statement(SUM), span).to_arrow_table()
            before = sum(sums["summed_rows"].to_pylist())
            is_worth_it = before - sums.num_rows > spared_share * before
            if is_worth_it:
                engine.register("sums", sums)
                engine.execute(self._grain.statement(REMOVE), span)
                engine.execute(self._grain.statement(ADD))
                engine.unregister("sums")
        written = Counter(sums[self._grain.column].to_pylist()) if is_worth_it else None
        for hour in hours:
            self._summed[hour] = self._added[hour] + self._summed[hour] if written is None else written[hour]
            # The next look sees the sums written here as added rows: they are taken off beforehand.
            self._added[hour] = 0 if written is None else -written[hour]
        return before, sums.num_rows if is_worth_it else before

    def _adapt(self, rows: int, seconds: float) -> None:
        """Make the next slice as large as the aimed time allows."""
        if seconds > SLICE_SECONDS:
            self._slice_rows = max(1_000, int(self._slice_rows * SLICE_SECONDS / seconds))
        elif rows > self._slice_rows / 2:
            self._slice_rows = min(MOST_SLICE_ROWS, self._slice_rows * 2)
