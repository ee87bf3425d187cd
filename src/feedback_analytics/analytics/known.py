"""What was known: how far the store had come, now or at an earlier state, and how far its sums by day and month go.

Positions tell everything: an entry is known when it lies before them, and is in the sums when it lies before the folded
ones. So what is known is the sums, and the entries between the two added or taken off again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from feedback_analytics.analytics.positions import (
    SCHEMA,
    positions_text,
    read_positions_text,
    refuse_unknown_positions,
    split_notes,
)
from feedback_analytics.contract import time_us
from feedback_analytics.store import End, Snapshot

PLACE = ["log_id", "log_topic", "log_partition"]
NEAR = timedelta(days=2)
# How far from the ends of all answers those of an earlier state are looked for first.
MOST_KEPT_ENTRIES = 200_000
# Between the sums and what is known: so many are read into memory once, some 20 MB. More are read where asked for.
MOST_CHUNKS = 32
# Of the entries that were read bit by bit: more are copied into one.
BEFORE_ALL, AFTER_ALL = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def read_query(name: str) -> str:
    """The SQL of a question, as it stands in its file."""
    return resources.files(__package__).joinpath("queries", f"{name}.sql").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Sums:
    """Up to where the sums by day and month hold the entries, against what is known.

    spans: per partition where the two differ the offsets between them, and sign: 1 for entries to be added to the sums,
    -1 for those to be taken off. zone cuts the days; None when nothing was folded, or counting without the sums takes
    fewer entries. entries: those of the spans (columns of queries/span_entries.sql), where they are few.
    """

    spans: pa.Table
    zone: ZoneInfo | None
    entries: pa.Table | None = None

    @property
    def bounds(self) -> dict[str, int]:
        """The least and the greatest offset of all spans: files that lie outside need not be opened."""
        return _bounds(self.spans)


def _bounds(spans: pa.Table) -> dict[str, int]:
    if not spans.num_rows:
        return {"least_offset": 0, "most_offset": 0}
    return {
        "least_offset": pc.min(spans["first_offset"]).as_py(),
        "most_offset": pc.max(spans["next_offset"]).as_py(),
    }


@dataclass(frozen=True)
class Known:
    """How far the store had come. is_now: nothing came since. asked_at: the time that was asked for; None: now.

    as_of is the last commit before the positions; records: offsets that lie before them. was_asked: an as_of was given;
    notes: how many notes about drops it names.
    """

    positions: pa.Table
    text: str
    sums: Sums
    is_now: bool
    asked_at: datetime | None
    records: int
    as_of: datetime | None
    first_vote_hour: datetime | None
    newest_vote_hour: datetime | None
    was_asked: bool = False
    notes: int | None = None

    def lend_to(self, snapshot: Snapshot) -> None:
        """Let the snapshot's queries read the positions as `known`, and what they and the sums differ by as `spans`."""
        snapshot.lend("known", self.positions)
        snapshot.lend("spans", self.sums.spans)
        if self.sums.entries is not None:
            snapshot.lend("span_entries", self.sums.entries)


def known_at(snapshot: Snapshot, asked: str | None, recent: Recent | None = None) -> Known:
    """The positions that are asked for as as_of: a time, a text of positions, or None for now; lent to the snapshot.

    recent spares reading entries that were read for an earlier state. Raises QueryError.
    """
    held = _Held.read(snapshot)
    newest = held.positions
    positions, asked_at, notes = newest, None if asked is None else _time_of(asked), None
    if asked_at is not None:
        positions = snapshot.table(read_query("known_positions_then"), {"known_at": asked_at})
    elif asked is not None:
        of_log, notes = split_notes(asked)
        positions = read_positions_text(of_log)
        refuse_unknown_positions(positions, newest)
    text = positions_text(positions)
    is_now = text == positions_text(newest)
    sums = held.sums_with_entries(snapshot, newest, recent or Recent())
    hours = _hours_now(snapshot, held, sums)
    if is_now:
        as_of = held.latest("committed_at")
        if sums.spans.num_rows:
            bound = {"committed_from": as_of or BEFORE_ALL}
            as_of = _row(snapshot.table(read_query("last_commit"), bound))["as_of"]
    else:
        snapshot.lend("known", positions)
        as_of = batches_before(snapshot)["as_of"]
        hours = _hours_then(snapshot, hours, as_of)
        sums = held.sums_with_entries(snapshot, positions, Recent())
    known = Known(
        positions,
        text,
        sums,
        is_now,
        asked_at,
        held.records(positions),
        as_of,
        **hours,
        was_asked=asked is not None,
        notes=notes,
    )
    known.lend_to(snapshot)
    return known


def batches_before(snapshot: Snapshot) -> dict[str, Any]:
    """All that is told of the batches before the positions lent to the snapshot: queries/known_as_of.sql."""
    return _row(snapshot.table(read_query("known_as_of")))


class Recent:
    """The entries of the last spans that were read: of longer ones only what came since needs to be read.

    Entries at offsets that were known once never change. May be used by several threads.
    """

    def __init__(self) -> None:
        self._last: tuple[pa.Table, pa.Table] | None = None

    def read(self, snapshot: Snapshot, spans: pa.Table) -> pa.Table:
        """The entries of the spans. Columns: queries/span_entries.sql."""
        missing, parts = spans, []
        if self._last is not None and (rest := _beyond(spans, self._last[0])) is not None:
            missing, parts = rest, [self._last[1]]
        if missing.num_rows:
            snapshot.lend("spans", missing)
            parts.append(snapshot.table(read_query("span_entries"), _bounds(missing)))
        entries = pa.concat_tables(parts)
        if entries.column(0).num_chunks > MOST_CHUNKS:
            entries = entries.combine_chunks()
        self._last = (spans, entries)
        return entries


def _beyond(spans: pa.Table, read: pa.Table) -> pa.Table | None:
    """What the spans hold more than those that were read; None when these are not their beginnings."""
    ends = {_place(row): row for row in read.to_pylist()}
    rest = []
    for row in spans.to_pylist():
        begun = ends.pop(_place(row), None)
        if begun is not None:
            if (begun["first_offset"], begun["sign"]) != (row["first_offset"], row["sign"]):
                return None
            if begun["next_offset"] > row["next_offset"]:
                return None
            row["first_offset"] = begun["next_offset"]
        if row["first_offset"] < row["next_offset"]:
            rest.append(tuple(row.values()))
    return None if ends else _table(rest, _SPANS)


@dataclass(frozen=True)
class _Held:
    """How far the store has come now in each partition that it took something from, and how far its sums go there."""

    ends: list[End]
    folded: dict[tuple[str, str, int], dict[str, Any]]

    @classmethod
    def read(cls, snapshot: Snapshot) -> _Held:
        ends = [end for end in snapshot.ends() if end.next_offset > end.earliest_offset]
        return cls(ends, {_place(row): row for row in snapshot.table(read_query("folded_positions")).to_pylist()})

    @property
    def positions(self) -> pa.Table:
        return _table([(*end.place, end.next_offset) for end in self.ends], SCHEMA)

    def latest(self, name: str) -> Any:
        """The greatest value of a column of queries/folded_positions.sql; None when nothing was folded."""
        return max((row[name] for row in self.folded.values() if row[name] is not None), default=None)

    def earliest(self, name: str) -> Any:
        return min((row[name] for row in self.folded.values() if row[name] is not None), default=None)

    def records(self, positions: pa.Table) -> int:
        """How many offsets lie before these positions."""
        known = _offsets(positions)
        return sum(max(known.get(end.place, 0) - end.earliest_offset, 0) for end in self.ends)

    def sums_with_entries(self, snapshot: Snapshot, positions: pa.Table, recent: Recent) -> Sums:
        """The sums against these positions."""
        known, spans, apart = _offsets(positions), [], 0
        for end in self.ends:
            known_to = max(known.get(end.place, 0), end.earliest_offset)
            folded = self.folded.get(end.place)
            folded_to = folded["folded_offset"] if folded else end.earliest_offset
            apart += abs(known_to - folded_to)
            if known_to != folded_to:
                spans.append((*end.place, *sorted((known_to, folded_to)), 1 if known_to > folded_to else -1))
        zone = ZoneInfo(self.latest("time_zone")) if self.folded and apart < self.records(positions) else None
        sums = Sums(_table(spans, _SPANS), zone)
        if not spans or zone is None or apart > MOST_KEPT_ENTRIES:
            return sums
        # Read once for all that is asked of this state: looking for them takes longer than adding them up.
        return replace(sums, entries=recent.read(snapshot, sums.spans))


def _offsets(positions: pa.Table) -> dict[tuple[str, str, int], int]:
    return {_place(row): row["next_offset"] for row in positions.to_pylist()}


def _table(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


_SPANS = pa.schema(
    [
        *((name, SCHEMA.field(name).type) for name in PLACE),
        ("first_offset", pa.int64()),
        ("next_offset", pa.int64()),
        ("sign", pa.int8()),
    ]
)


def _place(row: dict[str, Any]) -> tuple[str, str, int]:
    return row["log_id"], row["log_topic"], row["log_partition"]


def _hours_now(snapshot: Snapshot, held: _Held, sums: Sums) -> dict[str, datetime | None]:
    """The hours of the earliest and the latest answer: of the folded entries, and of those behind them."""
    first, last = held.earliest("first_vote_hour"), held.latest("newest_vote_hour")
    if sums.entries is not None:
        counted = sums.entries.filter(pc.not_equal(sums.entries["votes_delta"], 0))["occurred_at"]
        hours = pc.floor_temporal(counted, unit="hour")
        found = {"first_vote_hour": pc.min(hours).as_py(), "newest_vote_hour": pc.max(hours).as_py()}
    elif sums.spans.num_rows:
        snapshot.lend("spans", sums.spans)
        found = _row(snapshot.table(read_query("vote_hours"), sums.bounds))
    else:
        found = {}
    first = min(filter(None, (first, found.get("first_vote_hour"))), default=None)
    last = max(filter(None, (last, found.get("newest_vote_hour"))), default=None)
    return {"first_vote_hour": first, "newest_vote_hour": last}


def _hours_then(
    snapshot: Snapshot, now: dict[str, datetime | None], as_of: datetime | None
) -> dict[str, datetime | None]:
    """The same as known at the positions lent, looked for first where they are likely."""
    begin, end = now["first_vote_hour"], now["newest_vote_hour"]
    if begin is None or end is None or as_of is None:
        return {"first_vote_hour": None, "newest_vote_hour": None}

    def look(since: datetime, until: datetime) -> dict[str, Any]:
        return _row(snapshot.table(read_query("vote_hours_as_known"), {"since": since, "until": until}))

    first = look(begin, begin + NEAR)["first_vote_hour"]
    last = look(min(as_of, end) - NEAR, AFTER_ALL)["newest_vote_hour"]
    if first is not None and last is not None:
        return {"first_vote_hour": first, "newest_vote_hour": last}
    return look(BEFORE_ALL, AFTER_ALL)


def _row(table: pa.Table) -> dict[str, Any]:
    """The only row."""
    (row,) = table.to_pylist()
    return dict(row)


def _time_of(as_of: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(time_us(as_of) / 1e6, UTC)
    except (ValueError, OverflowError):
        return None
