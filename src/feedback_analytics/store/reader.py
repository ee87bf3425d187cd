"""The reader: the store, read-only, for everybody. Never waits for the writer, and never makes it wait.

Works while a worker writes, on a moved or copied data directory, and on a read-only mount.

    with open_reader("data") as reader:
        reader.sql("from mart.article_usefulness order by votes desc").df()
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import duckdb
import pyarrow as pa

from feedback_analytics.errors import QueryError, QueryTimeout, StoreBusy, StoreError
from feedback_analytics.settings import Settings, StoreSettings
from feedback_analytics.store.lake import ALIAS, attach_for_reading, confine, newest_snapshot, open_engine, told_by
from feedback_analytics.store.location import LakeFolder, LakePlace, find_store
from feedback_analytics.store.positions import End, Ends, Position, read_positions
from feedback_analytics.store.schema import check_readable, read_facts

if TYPE_CHECKING:
    import pandas as pd  # half a second that the worker need not spend

Parameters = Mapping[str, Any] | Sequence[Any]

ASKING = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
# The statements of a confined reader. COPY, ATTACH, PRAGMA and the rest ask for more than an answer.


COPY_SECONDS = 10
# How long a copy of the catalog is tried for. It takes milliseconds, and a busy writer pauses for longer.


def open_reader(where: Settings | str | Path, *, confined: bool = True, older: bool = False) -> Reader:
    """The store of these settings, or at a data directory, a lake folder or a store URL.

    A confined reader answers single SELECTs and reads no file but the lake's own; its settings are locked. It keeps an
    honest mistake, or a pasted query, from doing harm; it is no sandbox for strangers. confined=False is for people in
    their own Python process, who may join the lake with their own files and tables. older=True opens a store as well
    that a worker has yet to migrate, or is migrating now, or that a move still fills: of it no more than its facts can
    be asked.

    Raises SettingsError when there is no store, or none that is whole, MigrationNeeded when this release cannot read
    it.
    """
    place, settings = (where.store_location, where.store) if isinstance(where, Settings) else (where, StoreSettings())
    return Reader(find_store(place), settings, confined=confined, older=older)


class Snapshot:
    """The store as it was after one commit: every query of it sees the same state."""

    def __init__(self, reader: Reader, connection: duckdb.DuckDBPyConnection) -> None:
        self._reader, self._connection = reader, connection

    @cached_property
    def snapshot_id(self) -> int:
        """The number of this snapshot; the same number means the same data."""
        with self._reader.in_time(self._connection):
            found = self._connection.execute(f"select id from ducklake_current_snapshot('{ALIAS}')").fetchone()
        return int(found[0]) if found else 0

    def table(self, query: str, parameters: Parameters | None = None) -> pa.Table:
        """The answer as an Arrow table. Raises QueryTimeout, or QueryError with DuckDB's reason."""
        with self._reader.in_time(self._connection):
            return self._reader.ask(self._connection, query, parameters).to_arrow_table()

    def frame(self, query: str, parameters: Parameters | None = None) -> pd.DataFrame:
        """The answer as a pandas DataFrame; errors as of `table`."""
        with self._reader.in_time(self._connection):
            return self._reader.ask(self._connection, query, parameters).df()

    def batches(self, query: str, parameters: Parameters | None = None, *, rows: int) -> pa.RecordBatchReader:
        """The answer as Arrow record batches of about so many rows, for what does not fit into memory.

        Read them before the snapshot ends and before its next query; there is no time limit. Raises QueryError.
        """
        try:
            return self._reader.ask(self._connection, query, parameters).to_arrow_reader(rows)
        except duckdb.Error as error:
            raise QueryError(told_by(error)) from error

    def lend(self, name: str, table: pa.Table) -> None:
        """Let the queries of this snapshot read an Arrow table under a name."""
        self._connection.register(name, table)

    def offer_positions(self) -> None:
        """Let queries of this snapshot read the positions of all workers as `positions`, one row per partition."""
        rows = [(p.log_id, p.topic, p.partition, p.next_offset) for p in read_positions(self._connection)]
        names = ("log_id", "log_topic", "log_partition", "next_offset")
        kinds = (pa.string(), pa.string(), pa.int16(), pa.int64())
        columns = [pa.array([row[at] for row in rows], kind) for at, kind in enumerate(kinds)]
        self.lend("positions", pa.Table.from_arrays(columns, names=list(names)))

    def ends(self) -> list[End]:
        """How far the store has come in each partition of every log it ever read, by topic, log and partition."""
        with self._reader.in_time(self._connection):
            return self._reader.ends.read(self._connection)


class Reader:
    """One read-only DuckDB instance on the store. May be used by several threads; close it when done."""

    def __init__(self, place: LakePlace, settings: StoreSettings, *, confined: bool, older: bool) -> None:
        self._place, self._seconds, self._confined = place, settings.query_seconds, confined
        self.ends = Ends()
        self._private = Path(tempfile.mkdtemp(prefix="feedback-reader-"))
        self._engine = open_engine(
            place, threads=settings.threads, memory_bytes=settings.reader_memory_bytes, spill=self._private / "spill"
        )
        try:
            _plan_once(self._engine)
            attach_for_reading(self._engine, place, self._catalog())
            check_readable(self._engine, place.name, older=older)
            if confined:
                confine(self._engine, [place.data, self._private / "spill"])
        except BaseException:
            self.close()
            raise

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """One snapshot for a whole question: all its queries see the same state. Do not hold it for an hour."""
        connection = self._connection()
        try:
            connection.execute("begin")
            yield Snapshot(self, connection)
        finally:
            connection.close()

    def table(self, query: str, parameters: Parameters | None = None) -> pa.Table:
        """One query's answer as an Arrow table; errors as of `Snapshot.table`."""
        with self.snapshot() as snapshot:
            return snapshot.table(query, parameters)

    def frame(self, query: str, parameters: Parameters | None = None) -> pd.DataFrame:
        """One query's answer as a pandas DataFrame; errors as of `Snapshot.table`."""
        with self.snapshot() as snapshot:
            return snapshot.frame(query, parameters)

    def sql(self, query: str, parameters: Parameters | None = None) -> duckdb.DuckDBPyRelation:
        """The query as a DuckDB relation, with all that DuckDB's users know: `.df()`, `.arrow()`, `.filter()`, ...

        Evaluated when asked for its rows, without a time limit. Raises QueryError when DuckDB does not take the query.
        """
        connection = self._connection()
        self._refuse_other_than_asking(connection, query)
        try:
            return connection.sql(query, params=parameters)
        except duckdb.Error as error:
            raise QueryError(told_by(error)) from error

    def positions(self) -> list[Position]:
        """Where the store stands in each partition, sorted by log, topic and partition."""
        with self._told_as_ours() as connection:
            return read_positions(connection)

    def secret_fingerprint(self) -> str | None:
        """The fingerprint of the reader secret this store was made with; None before the first worker's start."""
        with self._told_as_ours() as connection:
            return read_facts(connection).get("reader_secret_fingerprint")

    def snapshot_id(self) -> int:
        """The number of the newest snapshot; the same number means the same data. Takes about 2 ms."""
        with self._told_as_ours() as connection:
            return newest_snapshot(connection)

    def ask(
        self, connection: duckdb.DuckDBPyConnection, query: str, parameters: Parameters | None
    ) -> duckdb.DuckDBPyConnection:
        """Run one query on a connection of this reader."""
        self._refuse_other_than_asking(connection, query)
        return connection.execute(query, parameters)

    @contextmanager
    def in_time(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Interrupt the connection's query after store.query_seconds, and speak of DuckDB's errors as ours."""
        timer = threading.Timer(self._seconds, connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        except duckdb.InterruptException as error:
            raise QueryTimeout(
                f"the query took longer than {self._seconds:g} s (store.query_seconds) and was ended. "
                "Ask for a shorter period, or raise FEEDBACK_STORE_QUERY_SECONDS."
            ) from error
        except duckdb.Error as error:
            raise QueryError(told_by(error)) from error
        finally:
            timer.cancel()

    def close(self) -> None:
        self._engine.close()
        shutil.rmtree(self._private, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _told_as_ours(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection for a look of ours, at one snapshot; what DuckDB says then is a StoreError."""
        connection = self._connection()
        try:
            connection.execute("begin")
            yield connection
        except duckdb.Error as error:
            raise StoreError(f"cannot read the store in {self._place.name}: {told_by(error)}") from error
        finally:
            connection.close()

    def _connection(self) -> duckdb.DuckDBPyConnection:
        connection = self._engine.cursor()
        try:
            connection.execute(f"use {ALIAS}")
        except duckdb.Error as error:
            connection.close()
            raise StoreError(f"cannot read the store in {self._place.name}: {told_by(error)}") from error
        return connection

    def _refuse_other_than_asking(self, connection: duckdb.DuckDBPyConnection, query: str) -> None:
        if not self._confined:
            return
        try:
            statements = connection.extract_statements(query)
        except duckdb.Error as error:
            raise QueryError(told_by(error)) from error
        if len(statements) != 1 or statements[0].type not in ASKING:
            raise QueryError(
                "the store answers one SELECT at a time (or EXPLAIN, SHOW, DESCRIBE); it cannot be changed here."
            )

    def _catalog(self) -> Path | None:
        """Of a catalog on a read-only mount a private copy, as SQLite must write its shared memory; else None."""
        place = self._place
        if not isinstance(place, LakeFolder) or (os.access(place.path, os.W_OK) and os.access(place.catalog, os.W_OK)):
            return None
        return _copy_catalog(place, self._private)


def _plan_once(engine: duckdb.DuckDBPyConnection) -> None:
    """Leave out the filters that a join finds while it runs: DuckLake 1.0 looks for the files anew with each of them.

    At 700 files that takes 20 ms for each table of a query, and it hardly ever spares reading one.
    """
    engine.execute("set global disabled_optimizers = 'join_filter_pushdown'")


def _copy_catalog(folder: LakeFolder, private: Path) -> Path:
    """A copy of the catalog as one commit left it: taken again when a writer wrote meanwhile.

    A commit changes the write-ahead log and then the file itself; of two copies made while it did, one would be torn.
    """
    sources = (folder.catalog, folder.catalog.with_name(f"{folder.catalog.name}-wal"))
    deadline = time.monotonic() + COPY_SECONDS
    while time.monotonic() < deadline:
        before = [_state(source) for source in sources]
        for source in sources:
            copy = private / source.name
            copy.unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                shutil.copyfile(source, copy)
        if before == [_state(source) for source in sources]:
            return private / folder.catalog.name
    raise StoreBusy(
        f"the catalog in {folder.path} changed all the time while it was copied, for {COPY_SECONDS} s. Try again, or "
        "let this user write to that folder: then no copy is needed."
    )


def _state(file: Path) -> tuple[int, int, int] | None:
    """What changes whenever the file is written; None when there is none."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
