"""Folding: the entries of whole ranges of the log become sums by the newsroom's day and month.

The sums hold exactly the entries below raw.folded_positions. Sums and positions move in one transaction, so on every
snapshot the sums and the entries behind those positions are together all there is. Each entry is folded once, in slices
that end where a batch ends. Days and months are those of analytics.time_zone; when that changes, all is folded anew.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from feedback_analytics.store.statements import statement
from feedback_analytics.store.transactions import WritableLake

FEWEST_RECORDS = 20_000
# Records behind the folded positions that a background round leaves there: a question reads so many in some ms.

SLICE_SECONDS = 0.15
# What one slice aims at; half of what the worker may wait.

LEAST_SLICE_RECORDS, FIRST_SLICE_RECORDS, MOST_SLICE_RECORDS = 5_000, 10_000, 400_000
# Records per partition. A slice has a fixed cost of some 50 ms: smaller ones would hardly be shorter.

SUMS = ("usefulness_daily", "usefulness_monthly")


class Folding:
    """Folds what came since. One per writer."""

    def __init__(self, lake: WritableLake, time_zone: str) -> None:
        self._lake, self._time_zone = lake, time_zone
        self._slice_records = FIRST_SLICE_RECORDS

    def slices(self, *, thorough: bool) -> Iterator[str]:
        """Fold all that waits, some of it per transaction; yields after each."""
        yield from self._begin_anew_in_another_zone()
        # One look at all batches a round: those that are committed meanwhile are of the next one.
        behind = self._lake.engine.execute(statement("behind")).to_arrow_table()
        fewest = 1 if thorough else FEWEST_RECORDS
        while (folding := self._next(behind)).num_rows and pc.sum(folding["waiting"]).as_py() >= fewest:
            started = time.monotonic()
            entries = self._fold(folding)
            self._adapt(time.monotonic() - started)
            yield f"folded {entries} sums of entries into days and months"

    def _next(self, behind: pa.Table) -> pa.Table:
        """What the next slice folds: columns of sql/to_fold.sql."""
        self._lake.engine.register("behind", behind)
        folding = self._lake.engine.execute(statement("to_fold"), {"records": self._slice_records}).to_arrow_table()
        self._lake.engine.unregister("behind")
        return folding

    def _fold(self, folding: pa.Table) -> int:
        """Fold one range per partition, in one transaction; how many rows were added up."""
        spanned = {
            "least_offset": pc.min(folding["first_offset"]).as_py(),
            "most_offset": pc.max(folding["next_offset"]).as_py(),
        }
        with self._lake.transaction() as engine:
            engine.register("folding", folding)
            quarters = engine.execute(statement("fold_hours"), spanned).to_arrow_table()
            lent = {
                "quarters": quarters,
                "former": engine.execute("from raw.folded_positions").to_arrow_table(),
                **_calendar(quarters["quarter_at"], ZoneInfo(self._time_zone)),
            }
            for name, table in lent.items():
                engine.register(name, table)
            for name in ("add_folded_days", "add_folded_months", "remove_folded"):
                engine.execute(statement(name))
            engine.execute(statement("add_folded"), {"time_zone": self._time_zone})
            for name in ("folding", *lent):
                engine.unregister(name)
        return int(quarters.num_rows)

    def _begin_anew_in_another_zone(self) -> Iterator[str]:
        query = "select count(*) from raw.folded_positions where time_zone <> $time_zone"
        found = self._lake.engine.execute(query, {"time_zone": self._time_zone}).fetchone()
        if found and found[0]:
            with self._lake.transaction() as engine:
                for table in ("folded_positions", *SUMS):
                    engine.execute(f"delete from raw.{table}")
            yield f"days and months are those of {self._time_zone} now: all entries are folded anew"

    def _adapt(self, seconds: float) -> None:
        if seconds > SLICE_SECONDS:
            self._slice_records = max(LEAST_SLICE_RECORDS, int(self._slice_records * SLICE_SECONDS / seconds))
        else:
            self._slice_records = min(MOST_SLICE_RECORDS, self._slice_records * 2)


def _calendar(times: pa.ChunkedArray, zone: ZoneInfo) -> dict[str, pa.Table]:
    """The beginnings of the zone's days, and of its months, that hold these times; in UTC."""
    if not len(times):
        return {"days": _edges([], zone), "months": _edges([], zone)}
    first, last = (at.as_py().astimezone(zone).date() for at in (pc.min(times), pc.max(times)))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    months = sorted({day.replace(day=1) for day in days})
    return {"days": _edges(days, zone), "months": _edges(months, zone)}


def _edges(days: list[date], zone: ZoneInfo) -> pa.Table:
    begins = [datetime.combine(day, time_of_day(), zone).astimezone(UTC) for day in days]
    return pa.table({"begins_at": pa.array(begins, pa.timestamp("us", "UTC"))})
