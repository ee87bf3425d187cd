"""A move: the lake of one machine is copied to a catalog on PostgreSQL, where other logs go on from its end.

The old store holds everything its log held, and nobody writes to it any more. Its rows are copied in slices, each a
transaction of the new store; how far the copy has come, its own rows say: they come in the order of one column. The
new store is refused to everybody until it is whole, the old one to all who would write. A move may be killed anywhere
and run again; until the old store says that it has moved, it may also be given up.

    with StoreMove(old, new, now=utc_now) as move:
        for step in (move.begin(successors), move.copy(), move.hand_over()):
            for told in step:
                print(told)
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from feedback_analytics.errors import SettingsError, StoreDamaged
from feedback_analytics.settings import Settings
from feedback_analytics.store.lake import (
    ALIAS,
    WRITER_MEMORY_BYTES,
    WRITER_THREADS,
    attach_for_writing,
    open_engine,
)
from feedback_analytics.store.lease import WriteLease
from feedback_analytics.store.location import POSTGRES_FORM, LakeFolder, LakeServer, find_store, locate_store
from feedback_analytics.store.maintenance import ORDER_COLUMNS
from feedback_analytics.store.move_facts import MOVE_ID, MOVED_TO, MOVING_TO, OWN, UNFINISHED_MOVE
from feedback_analytics.store.positions import hand_over
from feedback_analytics.store.reader import open_reader
from feedback_analytics.store.schema import bring_up_to_date, read_facts, set_fact
from feedback_analytics.store.server import CatalogServer
from feedback_analytics.store.statements import statement
from feedback_analytics.store.transactions import WritableLake

ROWS_AT_ONCE = 100_000
"""Rows of a slice, but at least those of one transaction, hour, day or month: half a second, and a data file."""

NAME = "lake-move"
"""Held on the server as a worker's name is, so that one move at a time goes there."""

Successors = Mapping[str, tuple[str, Mapping[int, int]]]
"""Per topic the log that takes its records from now on, and the next offset of each partition there."""


class MoveState(StrEnum):
    """How far a move is, whoever began it."""

    NOT_BEGUN = "not begun"
    COPYING = "copying"
    COPIED = "copied"
    DONE = "done"


class StoreMove:
    """One move on its way, with the write lease of the old store. Opening it changes nothing in the old one."""

    def __init__(
        self, old: Settings, new: Settings, *, now: Callable[[], datetime], rows_at_once: int = ROWS_AT_ONCE
    ) -> None:
        """The stores of the settings; the new one is made when there is none.

        Raises SettingsError when either cannot be what it is to be, StoreBusy when somebody else writes to one of
        them, StoreUnreachable when the server does not answer.
        """
        self._old, self._new = _places(old, new)
        self._now, self._rows_at_once = now, rows_at_once
        self._seconds = new.worker.transaction_seconds
        self._stack = ExitStack()
        try:
            self._lease = self._stack.enter_context(WriteLease(self._old.write_lock))
            self._reader = self._stack.enter_context(open_reader(old, older=True))
            self._engine = self._open_new(new)
            self.state = self._look()
        except BaseException:
            self.close()
            raise

    def _open_new(self, new: Settings) -> duckdb.DuckDBPyConnection:
        guard = CatalogServer(self._new, worker=NAME, idle_seconds=self._seconds)
        self._stack.callback(guard.close)
        self._refuse_used_folder(guard)
        engine = open_engine(
            self._new, threads=WRITER_THREADS, memory_bytes=WRITER_MEMORY_BYTES, spill=new.data_path / "spill"
        )
        self._stack.callback(engine.close)
        with guard.passage(alone=True):
            attach_for_writing(engine, self._new, self._seconds)
            bring_up_to_date(engine, self._now)
        self._lake = WritableLake(engine, self._new, self._seconds, guard)
        return engine

    def _refuse_used_folder(self, guard: CatalogServer) -> None:
        """Maintenance of the new store would take the data files of another one for leftovers, and remove them."""
        ((is_lake,),) = guard.rows(b"select to_regclass('ducklake_metadata') is not null")
        self._new.data.mkdir(parents=True, exist_ok=True)
        if not is_lake and any(self._new.data.iterdir()):
            raise SettingsError(
                f"the folder {self._new.data} (data=, of --to) is not empty. Name one for the data files of this "
                "store alone."
            )

    def _look(self) -> MoveState:
        """How far the move is. SettingsError when it is another one, or cannot be made."""
        self._old_facts = dict(self._old_rows("select name, value from raw.store_facts"))
        facts = read_facts(self._engine)
        towards = self._old_facts.get(MOVING_TO) or self._old_facts.get(MOVED_TO)
        if towards not in (None, self._new.name):
            done = MOVED_TO in self._old_facts
            raise SettingsError(
                f"the store in {self._old.name} {'was moved' if done else 'is on its way'} to {towards}, "
                f"and not to {self._new.name}."
                + ("" if done else " Finish that move, or give it up: feedback lake move --give-up.")
            )
        if UNFINISHED_MOVE in facts:
            self._refuse_other(facts)
            self._refuse_other_release(facts)
            return MoveState.COPIED if MOVED_TO in self._old_facts else MoveState.COPYING
        if towards is not None and facts.get(MOVE_ID) == self._old_facts[MOVE_ID]:
            return MoveState.DONE
        self._refuse_filled()
        if towards is None:
            return MoveState.NOT_BEGUN
        self._refuse_other_release(facts)
        return MoveState.COPYING

    def _refuse_other(self, facts: Mapping[str, str]) -> None:
        begun = json.loads(facts[UNFINISHED_MOVE])
        if begun[MOVE_ID] != self._old_facts.get(MOVE_ID):
            raise SettingsError(
                f"another move into {self._new.name} was begun, or one that was given up. "
                "Make an empty database, and an empty folder for its data files."
            )
        if begun["data"] != str(self._new.data):
            raise SettingsError(f"the move was begun with data={begun['data']}; go on with that, not {self._new.data}.")

    def _refuse_other_release(self, facts: Mapping[str, str]) -> None:
        if facts["schema_version"] != self._old_facts["schema_version"]:
            raise SettingsError(
                "the move was begun by another release. Finish it with that one, or give it up with this "
                "(feedback lake move --give-up) and begin anew in an empty database."
            )

    def _refuse_filled(self) -> None:
        filled = [table for table in self._tables() if self._engine.execute(f"from raw.{table} limit 1").fetchone()]
        if filled:
            raise SettingsError(
                f"the store of {self._new.name} is in use: raw.{filled[0]} has rows. A move needs a database of its "
                "own, empty, and an empty folder."
            )

    @property
    def successors(self) -> Successors | None:
        """What the move was begun with; None while the new store knows of none."""
        begun = read_facts(self._engine).get(UNFINISHED_MOVE)
        return None if begun is None else _successors(begun)

    def begin(self, successors: Successors) -> Iterator[str]:
        """Have both stores say that a move is on its way; from here on nobody else writes to either.

        The old store must hold everything its log held, and the log be closed. Run again it goes on with what it
        began; SettingsError when the successors are others by now.
        """
        move_id = self._old_facts.get(MOVE_ID) if MOVING_TO in self._old_facts else None
        if move_id is None:
            move_id = uuid.uuid4().hex
            self._set_old({MOVE_ID: move_id, MOVING_TO: self._new.name})
            yield f"nobody writes to the store in {self._old.name} any more"
        begun = {MOVE_ID: move_id, "data": str(self._new.data), "successors": successors}
        if self.successors is None:
            with self._lake.alone().transaction() as engine:
                self._refuse_filled()
                for name in sorted(self._old_facts.keys() - OWN):
                    set_fact(engine, name, self._old_facts[name])
                set_fact(engine, UNFINISHED_MOVE, json.dumps(begun))
            yield f"the store of {self._new.name} waits for its rows"
        elif _log_ids(self.successors) != _log_ids(successors):
            raise SettingsError(
                "the topics are not those with which the move was begun: they were made anew. Give the move up "
                "(feedback lake move --give-up), and begin anew in an empty database."
            )

    def copy(self) -> Iterator[str]:
        """Copy what is not copied yet, and compare; a sentence after each step. StoreDamaged when rows differ."""
        for table in self._tables():
            yield from self._copy(table)
        for table in self._tables():
            self._compare(table)
        yield "compared every row"

    def hand_over(self) -> Iterator[str]:
        """Let the new store be used, and the old one no more; a sentence after each step.

        After the first the move cannot be given up: votes may come into the new store that the old one lacks.
        """
        if MOVED_TO not in self._old_facts:
            self._set_old({MOVING_TO: None, MOVED_TO: self._new.name})
            yield f"the store in {self._old.name} is only read from now on"
        self._complete()
        yield f"the store of {self._new.name} is whole"

    def _copy(self, table: str) -> Iterator[str]:
        """Copy what the new store does not have of a table, in slices."""
        if table not in ORDER_COLUMNS:
            if not self._engine.execute(f"from raw.{table} limit 1").fetchone():
                yield from self._add(table, self._reader.table(f"from raw.{table}"))
            return
        column, kind = ORDER_COLUMNS[table]
        ((done,),) = self._engine.execute(f'select max("{column}") from raw.{table}').fetchall()
        rest = "" if done is None else f'where "{column}" > $done::{kind} '
        query = f'select "{column}", count(*) from raw.{table} {rest}group by all order by all'
        sizes = self._old_rows(query, {} if done is None else {"done": done})
        between = f'from raw.{table} where "{column}" >= $least::{kind} and "{column}" <= $greatest::{kind}'
        for least, greatest in self._slices(sizes):
            yield from self._add(table, self._reader.table(between, {"least": least, "greatest": greatest}))

    def _slices(self, sizes: list[tuple[Any, int]]) -> Iterator[tuple[Any, Any]]:
        """Least and greatest value of each slice."""
        least, greatest, rows = None, None, 0
        for value, size in sizes:
            if rows and rows + size > self._rows_at_once:
                yield least, greatest
                rows = 0
            least, greatest, rows = (value if not rows else least), value, rows + size
        if rows:
            yield least, greatest

    def _add(self, table: str, rows: pa.Table) -> Iterator[str]:
        if not rows.num_rows:
            return
        with self._lake.transaction() as engine:
            engine.register("moved", rows)
            engine.execute(f"insert into raw.{table} by name from moved")
            engine.unregister("moved")
        yield f"copied {rows.num_rows} rows of {table}"

    def _compare(self, table: str) -> None:
        """StoreDamaged when the rows of a table are not the same, whatever their order."""
        query = f"select count(*), sum(hash(each)) from raw.{table} as each"
        there, here = self._old_rows(query), self._engine.execute(query).fetchall()
        if there != here:
            raise StoreDamaged(
                f"the copy of raw.{table} has {here[0][0]} rows, the original {there[0][0]}, and they are not the "
                "same. Give the move up (feedback lake move --give-up), and begin anew in an empty database."
            )

    def _complete(self) -> None:
        begun = read_facts(self._engine)[UNFINISHED_MOVE]
        with self._lake.alone().transaction() as engine:
            hand_over(engine, self._reader.positions(), _successors(begun), self._now())
            _change_facts(engine, {UNFINISHED_MOVE: None, MOVE_ID: json.loads(begun)[MOVE_ID]})

    def _tables(self) -> list[str]:
        """Every table whose rows are copied."""
        return [row[0] for row in self._engine.execute(statement("moved_tables"), {"database": ALIAS}).fetchall()]

    def _old_rows(self, query: str, bound: Mapping[str, Any] | None = None) -> list[Any]:
        found = self._reader.table(query, bound)
        return list(zip(*(column.to_pylist() for column in found.columns), strict=True))

    def _set_old(self, facts: Mapping[str, str | None]) -> None:
        with _writing(self._old, self._lease, self._seconds) as engine:
            _change_facts(engine, facts)
        changed = {**self._old_facts, **facts}
        self._old_facts = {name: value for name, value in changed.items() if value is not None}

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def give_up_move(old: Settings) -> bool:
    """Let the old store be written again, as if no move had begun; False when none had.

    Raises SettingsError when the move has come too far: the new store may hold votes by now that the old one lacks.
    """
    place = _folder(old)
    with WriteLease(place.write_lock) as lease, _writing(place, lease, old.worker.transaction_seconds) as engine:
        facts = read_facts(engine)
        if MOVED_TO in facts:
            raise SettingsError(
                f"the store in {place.name} has moved to {facts[MOVED_TO]} already, where votes may have come since. "
                "Run feedback lake move again if it was not finished."
            )
        _change_facts(engine, {MOVING_TO: None, MOVE_ID: None})
        return MOVING_TO in facts


def _places(old: Settings, new: Settings) -> tuple[LakeFolder, LakeServer]:
    """The stores of both. SettingsError when they are not of the right kind, or in each other's way."""
    folder, server = _folder(old), locate_store(new.store_location)
    if not isinstance(server, LakeServer):
        raise SettingsError(f"a lake moves to PostgreSQL; write --to {POSTGRES_FORM}.")
    if server.data.is_relative_to(folder.path):
        raise SettingsError(f"the folder {server.data} (data=, of --to) lies in the old store. Name another one.")
    return folder, server


def _folder(old: Settings) -> LakeFolder:
    found = find_store(old.store_location)
    if not isinstance(found, LakeFolder):
        raise SettingsError(
            f"the store of {found.name} is on PostgreSQL already; what can be moved is a lake in a folder."
        )
    return found


@contextmanager
def _writing(place: LakeFolder, lease: WriteLease, seconds: float) -> Iterator[duckdb.DuckDBPyConnection]:
    """One transaction of the old store."""
    engine = open_engine(place, threads=WRITER_THREADS)
    try:
        attach_for_writing(engine, place, seconds)
        with WritableLake(engine, place, seconds, lease).transaction() as within:
            yield within
    finally:
        engine.close()


def _change_facts(engine: duckdb.DuckDBPyConnection, facts: Mapping[str, str | None]) -> None:
    for name, value in facts.items():
        if value is None:
            engine.execute("delete from raw.store_facts where name = ?", [name])
        else:
            set_fact(engine, name, value)


def _successors(begun: str) -> Successors:
    told = json.loads(begun)["successors"]
    return {
        topic: (log_id, {int(at): first for at, first in starts.items()}) for topic, (log_id, starts) in told.items()
    }


def _log_ids(successors: Successors) -> dict[str, str]:
    return {topic: log_id for topic, (log_id, _) in successors.items()}
