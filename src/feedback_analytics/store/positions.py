"""Positions: for each partition the offset from which the store goes on, and which worker may move it.

A partition has one row in one of the tables raw.positions_NAME (one per worker) or raw.positions_unowned. A row is made
once, when its topic is registered, and is then only moved: by a commit (UPDATE, naming the expected offset) or by a
takeover (delete here, insert there, in one transaction). An UPDATE that met no row would take part in no conflict
check, so no commit of votes ever makes one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from feedback_analytics.errors import SettingsError, StoreBusy, StoreDamaged, StoreError
from feedback_analytics.store.lake import ALIAS
from feedback_analytics.store.rows import PartitionPlace
from feedback_analytics.store.statements import statement

UNOWNED = "positions_unowned"

INLINED_POSITIONS = 1_024
# Rows of positions that one statement may change without writing a file; more than the partitions of all topics.


@dataclass(frozen=True, slots=True)
class Position:
    """Where the store stands in a partition: its next offset, and the table that holds it."""

    log_id: str
    topic: str
    partition: int
    next_offset: int
    table: str

    @property
    def place(self) -> PartitionPlace:
        return (self.log_id, self.topic, self.partition)

    @property
    def worker(self) -> str | None:
        """Name of the worker that owns the partition; None when nobody has claimed it."""
        return None if self.table == UNOWNED else self.table.removeprefix("positions_").replace("_", "-")


def positions_table(worker: str) -> str:
    """The name of a worker's table in schema raw. Worker names hold only a-z, 0-9 and -, so it is safe in SQL."""
    table = f"positions_{worker.replace('-', '_')}"
    if table == UNOWNED or not table.replace("_", "").isalnum():
        raise SettingsError(f"worker_name = {worker!r} is not possible. Choose another name, such as worker-1.")
    return table


def read_positions(engine: duckdb.DuckDBPyConnection) -> list[Position]:
    """Every position, sorted by log, topic and partition. Raises StoreDamaged when a partition has two.

    Inside a transaction of the caller's: else one that moves from table to table meanwhile is met twice, or never.
    """
    found: dict[PartitionPlace, Position] = {}
    for (table,) in engine.execute(statement("position_tables"), {"database": ALIAS}).fetchall():
        for (log_id, topic, partition), offset in _rows_of(engine, table).items():
            position = Position(log_id, topic, partition, offset, table)
            if position.place in found:
                raise StoreDamaged(
                    f"the store holds two positions for {topic}[{partition}], in raw.{table} and "
                    f"raw.{found[position.place].table}. Restore it from a backup."
                )
            found[position.place] = position
    return [found[place] for place in sorted(found)]


@dataclass(frozen=True, slots=True)
class End:
    """How far the store has come in a partition of any log it ever read: [earliest_offset, next_offset)."""

    log_id: str
    topic: str
    partition: int
    earliest_offset: int
    next_offset: int

    @property
    def place(self) -> PartitionPlace:
        return (self.log_id, self.topic, self.partition)


class Ends:
    """Reads the ends of all partitions, and remembers which tables hold positions: looking for these takes 5 ms.

    A partition has one row in one of these tables. So who finds all of them has missed none, whatever tables there are
    by now; else the tables are looked for anew. A log that was given up for another one has no positions any more: its
    ends are those of the loss that was accepted.
    """

    def __init__(self) -> None:
        self._tables: list[str] = []

    def read(self, engine: duckdb.DuckDBPyConnection) -> list[End]:
        """The ends, sorted by topic, log and partition. Raises StoreDamaged when one is missing."""
        begun = {(row[0], row[1], row[2]): row[3] for row in engine.execute(statement("partitions")).fetchall()}
        found = self._held(engine, begun)
        if len(found) < len(begun):
            named = engine.execute(statement("position_tables"), {"database": ALIAS}).fetchall()
            # A worker's own first: once every partition has its worker, the last table need not be read.
            self._tables = sorted((name for (name,) in named), key=lambda name: (name == UNOWNED, name))
            found = self._held(engine, begun)
        if len(found) < len(begun):
            found |= {row[:3]: row[3] for row in engine.execute(statement("given_up")).fetchall()} | found
        missing = sorted(begun.keys() - found.keys())
        if missing:
            raise StoreDamaged(f"the store holds no position for {missing}. Restore it from a backup.")
        ends = [End(*place, earliest, found[place]) for place, earliest in begun.items()]
        return sorted(ends, key=lambda end: (end.topic, end.log_id, end.partition))

    def _held(
        self, engine: duckdb.DuckDBPyConnection, begun: Mapping[PartitionPlace, int]
    ) -> dict[PartitionPlace, int]:
        found: dict[PartitionPlace, int] = {}
        for table in self._tables:
            if len(found) < len(begun):
                found |= _rows_of(engine, table)
        return found


def _rows_of(engine: duckdb.DuckDBPyConnection, table: str) -> dict[PartitionPlace, int]:
    """The next offsets that a table of positions holds."""
    query = f"select log_id, log_topic, log_partition, next_offset from raw.{table}"
    return {(row[0], row[1], row[2]): row[3] for row in engine.execute(query).fetchall()}


def make_positions_table(engine: duckdb.DuckDBPyConnection, table: str) -> None:
    """Make a worker's table when there is none. Its rows stay in the catalog, however many partitions it owns."""
    known = [name for (name,) in engine.execute(statement("position_tables"), {"database": ALIAS}).fetchall()]
    if table not in known:
        engine.execute(f"create table raw.{table} as from raw.{UNOWNED} limit 0")
        for name in (table, UNOWNED):
            option = f"'data_inlining_row_limit', '{INLINED_POSITIONS}', schema => 'raw', table_name => '{name}'"
            engine.execute(f"call {ALIAS}.set_option({option})")


def register_topic(
    engine: duckdb.DuckDBPyConnection, log_id: str, topic: str, earliest: Mapping[int, int], now: datetime
) -> None:
    """Make the topic and a position for each of its partitions, unowned. Inside the caller's transaction."""
    engine.execute("insert into raw.topics values (?, ?, ?, ?)", (log_id, topic, len(earliest), now))
    begun = {(log_id, topic, partition): offset for partition, offset in sorted(earliest.items())}
    _insert(engine, "partitions", begun)
    _insert(engine, UNOWNED, begun)


def take_over(
    engine: duckdb.DuckDBPyConnection, table: str, log_id: str, topic: str, partitions: Collection[int]
) -> dict[int, int]:
    """Move the rows of these partitions into table; their next offsets. Inside the caller's transaction.

    Partitions without a row are left out: nobody registered them.
    """
    wanted = {(log_id, topic, partition) for partition in partitions}
    held = [position for position in read_positions(engine) if position.place in wanted]
    moving = [position for position in held if position.table != table]
    if moving:
        _remove(engine, moving)
        _insert(engine, table, {position.place: position.next_offset for position in moving})
    return {position.partition: position.next_offset for position in held}


def move_positions(
    engine: duckdb.DuckDBPyConnection, table: str, moves: Mapping[PartitionPlace, tuple[int, int]]
) -> bool:
    """Move the worker's positions on, inside the caller's transaction. False when one is not where it should be."""
    engine.register("moves", _moves_table(moves))
    changed = engine.execute(statement("move_positions").replace("positions_of_worker", table)).fetchone()
    engine.unregister("moves")
    return changed is not None and changed[0] == len(moves)


def accept_loss(engine: duckdb.DuckDBPyConnection, place: PartitionPlace, offset: int, now: datetime) -> Position:
    """Go on at offset of this log's partition, and keep what lies between as an accepted loss; the former position.

    The log may be another one than the store knew: then all that the former one still held is accepted as lost.
    The position becomes unowned, so that its worker claims it anew. Inside the caller's transaction.

    Raises StoreError when the partition is unknown, or when its offsets would be used a second time.
    """
    log_id, topic, partition = place
    held = [p for p in read_positions(engine) if (p.topic, p.partition) == (topic, partition)]
    if not held:
        raise StoreError(f"the store knows no partition {topic}[{partition}]. `feedback positions list` shows all.")
    former = next((p for p in held if p.log_id == log_id), held[-1])
    if former.log_id == log_id and offset < former.next_offset:
        raise StoreError(
            f"{topic}[{partition}]: the log ends at {offset}, before the store's position {former.next_offset}, so it "
            "would give offsets out a second time. Make the topic anew (the embedded log: move its folder away), "
            "then accept the loss."
        )
    _remove(engine, [former])
    loss = (*former.place, former.next_offset, log_id, offset, now)
    engine.execute("insert into raw.accepted_losses values (?, ?, ?, ?, ?, ?, ?)", loss)
    if former.log_id != log_id:
        engine.execute(statement("adopt_topic"), {"log_id": log_id, "topic": topic, "now": now})
        _insert(engine, "partitions", {place: offset})
    _insert(engine, UNOWNED, {place: offset})
    return former


def hand_over(
    engine: duckdb.DuckDBPyConnection,
    former: Sequence[Position],
    successors: Mapping[str, tuple[str, Mapping[int, int]]],
    now: datetime,
) -> None:
    """Go on in other logs, having everything of the former ones. successors: per topic the log, and where it begins.

    Kept as a log is that was given up, from its end on: its batches stay provable up to there, and nothing was lost.
    The new positions are unowned. Inside the caller's transaction.
    """
    for topic, (log_id, _) in successors.items():
        engine.execute(statement("adopt_topic"), {"log_id": log_id, "topic": topic, "now": now})
    for position in former:
        log_id, starts = successors[position.topic]
        given_up = (*position.place, position.next_offset, log_id, starts[position.partition], now)
        engine.execute("insert into raw.accepted_losses values (?, ?, ?, ?, ?, ?, ?)", given_up)
    begun = {
        (log_id, topic, partition): offset
        for topic, (log_id, starts) in successors.items()
        for partition, offset in starts.items()
    }
    _insert(engine, "partitions", begun)
    _insert(engine, UNOWNED, begun)


def _remove(engine: duckdb.DuckDBPyConnection, positions: Sequence[Position]) -> None:
    """Delete these rows, each from the table that holds it. One that has changed meanwhile stops it all."""
    for table in sorted({position.table for position in positions}):
        rows = {p.place: p.next_offset for p in positions if p.table == table}
        engine.register("removed", _positions_rows(rows))
        changed = engine.execute(statement("remove_positions").replace("positions_of_worker", table)).fetchone()
        engine.unregister("removed")
        if changed is None or changed[0] != len(rows):
            raise StoreBusy(f"positions of {table} changed while they were taken over; try again.")


def _insert(engine: duckdb.DuckDBPyConnection, table: str, rows: Mapping[PartitionPlace, int]) -> None:
    engine.register("added", _positions_rows(rows))
    engine.execute(f"insert into raw.{table} from added")
    engine.unregister("added")


def _positions_rows(rows: Mapping[PartitionPlace, int]) -> pa.Table:
    log_ids, topics, partitions = zip(*rows, strict=True)
    return pa.table(
        {
            "log_id": pa.array(log_ids, pa.string()),
            "log_topic": pa.array(topics, pa.string()),
            "log_partition": pa.array(partitions, pa.int16()),
            "next_offset": pa.array(rows.values(), pa.int64()),
        }
    )


def _moves_table(moves: Mapping[PartitionPlace, tuple[int, int]]) -> pa.Table:
    following = _positions_rows({place: offset for place, (_, offset) in moves.items()})
    return following.append_column("expected_offset", pa.array([old for old, _ in moves.values()], pa.int64()))
