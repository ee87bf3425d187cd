"""Maintenance: few and large files, small sums, no leftovers, in slices of at most 0.3 s between the worker's commits.

A round does, in this order: write inlined rows out as files, fold entries into days and months, sum up hours, days and
months, merge small files, expire old snapshots, remove what only those needed, remove files of transactions that died.
Whatever it removes was replaced at least store.snapshot_seconds ago, so no reader misses it. It may be killed anywhere
and begun anew.

DuckLake 1.0's own ages are not used on a SQLite catalog: `older_than` compares times there as texts of different
forms, so "older than an hour" means "of this day or older" (tried: it expired snapshots made seconds before).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from feedback_analytics.errors import StoreDamaged
from feedback_analytics.store.durable import HELD
from feedback_analytics.store.folding import Folding
from feedback_analytics.store.lake import ALIAS, CATALOG, INLINED_ROWS, oldest_snapshot
from feedback_analytics.store.statements import statement
from feedback_analytics.store.sums import GRAINS, Compaction
from feedback_analytics.store.transactions import WritableLake

GROWING_TABLES = (
    "votes",
    *(grain.table for grain in GRAINS),
    "batches",
    "ledger",
    "segments",
    "dead_letters",
    "dead_letter_replays",
    "articles",
    "article_sections",
)
# The tables that are flushed and merged. Positions are never flushed: an update of an inlined row writes no file.

SUMS = {grain.table for grain in GRAINS}
# The tables of which compaction deletes rows.

ORDER_COLUMNS = {table: ("batch_id", "varchar") for table in GROWING_TABLES if table != "segments"} | {
    grain.table: (grain.column, "timestamptz") for grain in GRAINS
}
# The column of each table, and its type, of which a file holds a narrow range: other files need not be opened.

LIVING = "end_snapshot is null"
# Of the catalog's inlined rows, those that were not deleted.

WRITTEN_OUT_AT_ONCE = 20_000
# Inlined rows per transaction: about 0.1 s.

FLUSH_ROWS, MERGE_FILES = 2_000, 8
# A background round leaves fewer inlined rows, and fewer small files, of a table as they are.

MERGED_ROWS = 100_000
# Rows of a merged file, at most. Deleting them is most of the work, about 2 µs a row, and the worker waits for it.

SMALL_FILE_ROWS = MERGED_ROWS * 6 // 10
# Files of up to so many rows are merged: two larger ones would not fit into one.

EXPIRED_AT_ONCE, REMOVED_AT_ONCE = 500, 500
# Snapshots, and files, per slice.

POSITIONS_AGE = timedelta(minutes=5)
# How long former positions are kept. Nobody looks back at them, and each one makes the next commit look further: after
# an hour of four commits a second it would take 90 ms. Ten times longer than a transaction may take.

DELETED_SHARE = 0.3
# A file of which more rows than this are deleted is written anew.


class _SmallFile(NamedTuple):
    """A small data file: its name, its rows, and the least and greatest value of its table's order column."""

    name: str
    rows: int
    least: str | None
    greatest: str | None


class Maintenance:
    """Tends one lake; remembers between rounds which hours, days and months were summed up."""

    def __init__(
        self, lake: WritableLake, snapshot_seconds: float, time_zone: str, now: Callable[[], datetime]
    ) -> None:
        self._lake, self._now = lake, now
        self._age = timedelta(seconds=snapshot_seconds)
        self._folding = Folding(lake, time_zone)
        self._compactions = [Compaction(lake, grain) for grain in GRAINS]

    def round(self, *, thorough: bool = False) -> Iterator[str]:
        """One round; yields after each slice that did something, with a sentence on what.

        thorough also takes what a background round finds too little to bother with.
        """
        yield from self._flush(1 if thorough else FLUSH_ROWS)
        yield from self._folding.slices(thorough=thorough)
        for compaction in self._compactions:
            yield from compaction.slices(thorough=thorough)
        yield from self._rewrite()
        yield from self._merge(2 if thorough else MERGE_FILES)
        yield from self._expire()
        yield from self._remove_unreachable_rows()
        yield from self._remove_replaced_files()
        yield from self._remove_files_of_dead_transactions()

    def _flush(self, fewest: int) -> Iterator[str]:
        """Write inlined rows to files: delete them, and insert them anew, enough at once for a file.

        Not by ducklake_flush_inlined_data (1.0): it takes the rows out of the catalog at once, so that a reader on an
        older snapshot, or one that has begun to look, misses some or sees some twice (tried: "votes 734, ledger none").
        """
        for table, inlined in self._inlined_tables():
            while table in GROWING_TABLES and self._count(inlined, LIVING) >= max(fewest, INLINED_ROWS + 1):
                with self._lake.transaction() as engine:
                    written = _write_out(engine, table, inlined)
                yield f"wrote {written} inlined rows of {table} to a file"

    def _rewrite(self) -> Iterator[str]:
        """Write the files anew from which compaction has deleted much."""
        for table in sorted(SUMS):
            bound = {"table": table, "share": DELETED_SHARE}
            worn = self._lake.engine.execute(statement("worn_files"), bound).fetchone()
            if worn and worn[0]:
                with self._lake.transaction() as engine:
                    engine.execute(
                        f"call ducklake_rewrite_data_files('{ALIAS}', '{table}', schema => 'raw', "
                        f"delete_threshold => {DELETED_SHARE})"
                    )
                yield f"wrote {worn[0]} files of {table} anew, without their deleted rows"

    def _merge(self, fewest: int) -> Iterator[str]:
        """Merge small files, oldest first, one new file per transaction: delete their rows, and insert them anew.

        Not by ducklake_merge_adjacent_files (1.0): it takes the files' rows out of the catalog at once, and a reader,
        which asks the catalog on several connections for one query, then finds neither the old files nor the new one
        (seen: "votes 84, hours 3204").
        """
        for table in GROWING_TABLES:
            small = self._small_files(table)
            if len(small) < fewest:
                continue
            for group in _groups(small):
                with self._lake.transaction() as engine:
                    _write_anew(engine, table, group)
                yield f"merged {len(group)} files of {table}"

    def _expire(self) -> Iterator[str]:
        """Expire the snapshots that were already followed by another one when the kept age began."""
        versions = self._snapshots_followed_before(self._now() - self._age)
        for first in range(0, len(versions), EXPIRED_AT_ONCE):
            some = versions[first : first + EXPIRED_AT_ONCE]
            with self._lake.transaction() as engine:
                engine.execute(f"call ducklake_expire_snapshots('{ALIAS}', versions => {some})")
            yield f"expired {len(some)} snapshots"

    def _remove_unreachable_rows(self) -> Iterator[str]:
        """Remove inlined rows that no snapshot shows, and former positions.

        DuckLake 1.0 never does (duckdb/ducklake#1390), and each commit leaves the former positions behind.
        """
        oldest, recent = oldest_snapshot(self._lake.engine), self._first_snapshot_since(self._now() - POSITIONS_AGE)
        holding = []
        for table, inlined in self._inlined_tables():
            dead = f"end_snapshot <= {recent if table.startswith('positions_') else oldest}"
            rows = self._count(inlined, dead)
            if rows:
                holding.append((inlined, dead, rows))
        holding += self._deletes_of_gone_files()
        if not holding:
            return
        with self._lake.transaction() as engine:
            for inlined, dead, _ in holding:
                engine.execute(f"delete from {CATALOG}.{inlined} where {dead}")
        yield f"removed {sum(rows for _, _, rows in holding)} inlined rows that nobody can see any more"

    def _deletes_of_gone_files(self) -> list[tuple[str, str, int]]:
        """What the catalog still tells of rows deleted from files that it does not name any more: table, which, rows.

        DuckLake 1.0 leaves them there, and every query of the table reads them all (seen: 32,000, of which 145 were of
        files in use; a scan took 18 ms instead of 9).
        """
        gone = f"file_id not in (select data_file_id from {CATALOG}.ducklake_data_file)"
        found = []
        for name, number in self._lake.engine.execute(statement("table_ids")).fetchall():
            deletes = f"ducklake_inlined_delete_{number}"
            # Made at the first such deletion; DuckDB lists no tables of the catalog that would tell.
            with suppress(duckdb.CatalogException):
                if name in SUMS and (rows := self._count(deletes, gone)):
                    found.append((deletes, gone, rows))
        return found

    def _remove_replaced_files(self) -> Iterator[str]:
        """Remove the files that were replaced, or expired, longer ago than snapshots are kept."""
        replaced = self._lake.engine.execute(
            statement("replaced_files"), {"before": self._now() - self._age}
        ).fetchall()
        for first in range(0, len(replaced), REMOVED_AT_ONCE):
            some = replaced[first : first + REMOVED_AT_ONCE]
            for _, path, is_relative in some:
                file = self._lake.place.data / path if is_relative else Path(path)
                file.unlink(missing_ok=True)
            with self._lake.transaction() as engine:
                file_ids = ", ".join(str(file_id) for file_id, _, _ in some)
                scheduled = f"{CATALOG}.ducklake_files_scheduled_for_deletion"
                engine.execute(f"delete from {scheduled} where data_file_id in ({file_ids})")
            yield f"removed {len(some)} replaced files"

    def _remove_files_of_dead_transactions(self) -> Iterator[str]:
        """Remove the data files that no snapshot names and that are older than snapshots are kept."""
        known = {row[0] for row in self._lake.engine.execute(statement("known_files")).fetchall()}
        before = (self._now() - self._age).timestamp()
        removed = 0
        for file in (*self._lake.place.data.rglob("*.parquet"), *self._lake.place.data.glob(f"{HELD}/*")):
            if file.name not in known and file.stat().st_mtime < before:
                file.unlink()
                removed += 1
        if removed:
            yield f"removed {removed} files of transactions that were never committed"

    def _snapshots_followed_before(self, time: datetime) -> list[int]:
        """The snapshots that had been followed by another one before a time, oldest first; never the newest."""
        found = self._lake.engine.execute(statement("old_snapshots"), {"before": time}).fetchall()
        return [int(row[0]) for row in found]

    def _first_snapshot_since(self, time: datetime) -> int:
        """The snapshot that was the newest at a time, or the oldest one kept."""
        before = self._snapshots_followed_before(time)
        return before[-1] + 1 if before else oldest_snapshot(self._lake.engine)

    def _small_files(self, table: str) -> list[_SmallFile]:
        bound = {"table": table, "rows": SMALL_FILE_ROWS, "column": ORDER_COLUMNS.get(table, ("", ""))[0]}
        small = [_SmallFile(*row) for row in self._lake.engine.execute(statement("small_files"), bound).fetchall()]
        if table not in SUMS:
            return small  # of which no row is ever deleted
        # Where rows are deleted, DuckLake keeps that in a file or, of a few, in the catalog. Counting knows both.
        counted = f"select parse_filename(filename), count(*) from raw.{table} group by all"
        living = dict(self._lake.engine.execute(counted).fetchall())
        return [file for file in small if living.get(file.name) == file.rows]

    def _inlined_tables(self) -> list[tuple[str, str]]:
        return self._lake.engine.execute(statement("inlined_tables")).fetchall()

    def _count(self, inlined: str, which: str) -> int:
        query = f"select count(*) from {CATALOG}.{inlined} where {which}"
        return int((self._lake.engine.execute(query).fetchone() or (0,))[0])


def _write_out(engine: duckdb.DuckDBPyConnection, table: str, inlined: str) -> int:
    """Move the oldest inlined rows of a table into a file, inside the caller's transaction; how many."""
    living = f"from {CATALOG}.{inlined} where {LIVING} order by row_id limit {WRITTEN_OUT_AT_ONCE}"
    ids = engine.execute(f"select row_id {living}").to_arrow_table()
    engine.register("row_ids", ids)
    those = f"from raw.{table} where rowid in (select row_id from row_ids)"
    bound = {}
    if table in ORDER_COLUMNS:
        # Files whose rows are all older than these need not be opened.
        column, kind = ORDER_COLUMNS[table]
        those += f" and {column} >= $first"
        oldest = engine.execute(f"select min({column}::{kind}) from (select {column} {living})").fetchone()
        bound = {"first": oldest[0] if oldest else None}
    moved = _move(engine, table, those, bound, ids.num_rows)
    engine.unregister("row_ids")
    return moved


def _groups(small: list[_SmallFile]) -> Iterator[list[_SmallFile]]:
    """The files in their order, in groups of two or more that fit into one file together."""
    group: list[_SmallFile] = []
    for file in small:
        if sum(each.rows for each in group) + file.rows > MERGED_ROWS:
            if len(group) > 1:
                yield group
            group = []
        group.append(file)
    if len(group) > 1:
        yield group


def _write_anew(engine: duckdb.DuckDBPyConnection, table: str, files: list[_SmallFile]) -> None:
    """Move all rows of some data files into one new file, inside the caller's transaction."""
    engine.register("merging", pa.table({"name": [file.name for file in files]}))
    those = f"from raw.{table} where parse_filename(filename) in (select name from merging)"
    bound = {}
    least, greatest = [file.least for file in files], [file.greatest for file in files]
    if table in ORDER_COLUMNS and None not in least and None not in greatest:
        column, kind = ORDER_COLUMNS[table]
        those += f" and {column} >= $least::{kind} and {column} <= $greatest::{kind}"
        bound = {"least": min(filter(None, least)), "greatest": max(filter(None, greatest))}
    _move(engine, table, those, bound, sum(file.rows for file in files))
    engine.unregister("merging")


def _move(engine: duckdb.DuckDBPyConnection, table: str, those: str, bound: Mapping[str, object], expected: int) -> int:
    """Delete some rows of a table and insert them anew, as one file; how many. those: a from clause of only them.

    Raises StoreDamaged when the table holds not as many as the catalog names.
    """
    moved = engine.execute(f"select * {those}", bound).to_arrow_table()
    deleted = engine.execute(f"delete {those}", bound).fetchone()
    engine.register("moved", moved)
    engine.execute(f"insert into raw.{table} by name from moved")
    engine.unregister("moved")
    if deleted is None or not deleted[0] == moved.num_rows == expected:
        raise StoreDamaged(f"the catalog names {expected} rows of {table} to move, its table holds {moved.num_rows}.")
    return int(moved.num_rows)
