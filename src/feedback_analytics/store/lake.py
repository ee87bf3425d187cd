"""The engine and the lake: DuckDB with its extensions, and the lake attached for writing or for reading.

The catalog file is opened by DuckDB's SQLite only, never by Python's `sqlite3` and never by `open()`, in a process that
may have it attached: POSIX locks belong to the process, so a second SQLite library, or any close() of the same file,
drops the locks of the first (seen: "database disk image is malformed" in a reader of Python's).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from feedback_analytics.errors import FeedbackError, StoreDamaged, StoreError
from feedback_analytics.store.location import LakeFolder, LakePlace, LakeServer, no_store
from feedback_analytics.store.server import CONNECT_SECONDS, connection_error

ALIAS = "feedback"
CATALOG = f"__ducklake_metadata_{ALIAS}"
# The lake's own tables (snapshots, files, inlined rows), as DuckLake attaches them beside the lake.

INLINED_ROWS = 100
# Inserts of up to so many rows are kept in the catalog and make no Parquet file. They cost more to write than a file
# once they are many (1,000 rows: 200 ms), but a file for each quiet transaction would be worse.

BUSY_MILLISECONDS = 10_000
# How long DuckDB waits for another process's lock on the catalog (a checkpoint of its WAL, a writer's commit).

WRITER_MEMORY_BYTES = 512 * 2**20
# What the writing engine may take: a transaction of 50,000 rows needs 50 MB, a merge of 8 MiB files 150 MB.

WRITER_THREADS = 1
# Two threads share one transaction of 50,000 rows no faster, and spend 7.7 instead of 4.7 µs of CPU a row (measured on
# 2 cores, 600,000 votes, medians of three interleaved runs).

CATALOG_SECRET = "feedback_catalog"
# Name of DuckDB's secret with which an engine connects to the server of its catalog.

CANNOT_CONNECT = "Unable to connect to Postgres"
# What DuckDB says first when the server of the catalog does not let it in.

FILE_MEBIBYTES = 8
# A data file is at most so large; merging makes smaller ones (maintenance.MERGED_ROWS).

OPTIONS = {
    # Version 2 writes times and offsets as differences: 38 bytes a vote, 42 without, at the same cost (measured with
    # 1 million votes of ULIDs and 128-bit reader keys). Higher zstd levels save nothing more; snappy needs 58 bytes.
    "parquet_version": "2",
    "parquet_compression": "zstd",
    "parquet_compression_level": "1",
    "target_file_size": f"{FILE_MEBIBYTES}MiB",
}
# How data files are written; kept in the lake itself.


def open_engine(
    place: LakePlace, *, threads: int, memory_bytes: int | None = None, spill: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """A DuckDB instance of its own, in memory, with the extensions of this lake and UTC as its time zone.

    spill is the folder for what does not fit into memory_bytes; None leaves DuckDB's default.
    """
    config: dict[str, Any] = {"threads": threads}
    if memory_bytes is not None:
        config["memory_limit"] = f"{memory_bytes // 2**20}MiB"
    if spill is not None:
        config["temp_directory"] = str(spill)
    engine = duckdb.connect(config=config)
    for name in (place.scanner, "ducklake"):
        engine.execute(f"load {literal(str(_extension(name)))}")
    engine.execute("set global timezone = 'UTC'")
    return engine


def attach_for_writing(engine: duckdb.DuckDBPyConnection, place: LakePlace, transaction_seconds: float) -> None:
    """Attach the lake as the default database, making it when there is none. The caller has the lease, or the gate.

    A server ends the connection of a transaction that stands still for longer than transaction_seconds.
    """
    options = {
        "data_path": literal(str(place.data)),
        "override_data_path": "true",
        "data_inlining_row_limit": str(INLINED_ROWS),
    }
    if isinstance(place, LakeFolder):
        # Without the write-ahead log busy readers lock each other and the writer out, for more than a second.
        options |= {"meta_journal_mode": "'wal'", "meta_busy_timeout": str(BUSY_MILLISECONDS)}
        _attach(engine, place, f"sqlite:{place.catalog}", options)
    else:
        idle = f"options='-c idle_in_transaction_session_timeout={int(transaction_seconds * 1000)}'"
        _attach(engine, place, f"postgres:{_connection(place)} {idle}", options | _secret(engine, place))


def hold_catalog(engine: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Keep the catalog open between transactions, without seeing or locking any of it; close what this returns.

    DuckDB opens SQLite anew for each transaction. The last to close it writes its whole write-ahead log back and
    removes it, with the file locked, after every commit: readers that come then must build the log's index anew, and
    one that meets the lock waits a whole second, as DuckDB's SQLite can pause for no less.
    """
    holder = engine.cursor()
    holder.execute("begin")
    holder.execute(f"use {CATALOG}")  # begins a transaction of SQLite, which takes no snapshot before its first read
    return holder


def set_options(engine: duckdb.DuckDBPyConnection) -> None:
    """Tell the lake how its data files are written from now on."""
    for name, value in OPTIONS.items():
        engine.execute(f"call {ALIAS}.set_option({literal(name)}, {literal(value)})")


def attach_for_reading(engine: duckdb.DuckDBPyConnection, place: LakePlace, catalog: Path | None) -> None:
    """Attach the lake as the default database, to be read only. catalog: a private copy of a folder's, where needed."""
    options = {"read_only": "true", "data_path": literal(str(place.data)), "override_data_path": "true"}
    if isinstance(place, LakeFolder):
        options["meta_busy_timeout"] = str(BUSY_MILLISECONDS)
        _attach(engine, place, f"sqlite:{catalog or place.catalog}", options)
    else:
        _attach(engine, place, f"postgres:{_connection(place)}", options | _secret(engine, place))


def _secret(engine: duckdb.DuckDBPyConnection, place: LakeServer) -> dict[str, str]:
    """Make who connects, and where, a secret of this engine: the text of an ATTACH shows in tables and in errors."""
    parts = {"host": place.host, "port": str(place.port), "database": place.database}
    parts |= {name: value for name, value in (("user", place.user), ("password", place.password)) if value}
    listed = ", ".join(f"{name} {literal(value)}" for name, value in parts.items())
    engine.execute(f"create or replace secret {CATALOG_SECRET} (type postgres, {listed})")
    return {"meta_secret": literal(CATALOG_SECRET)}


def _connection(place: LakeServer) -> str:
    """What libpq is told besides the secret."""
    told = {"connect_timeout": str(CONNECT_SECONDS), "application_name": "feedback lake", **dict(place.options)}
    return " ".join(f"{name}='{_escaped(value)}'" for name, value in told.items())


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("'", r"\'")


def _attach(engine: duckdb.DuckDBPyConnection, place: LakePlace, catalog: str, options: Mapping[str, str]) -> None:
    listed = ", ".join(f"{name} {value}" for name, value in options.items())
    try:
        engine.execute(f"attach {literal(f'ducklake:{catalog}')} as {ALIAS} ({listed})")
        engine.execute(f"use {ALIAS}")
    except duckdb.Error as error:
        raise _attach_error(place, error) from error


def _attach_error(place: LakePlace, error: duckdb.Error) -> FeedbackError:
    told = told_by(error)
    if isinstance(place, LakeServer):
        if "creating a new DuckLake is explicitly disabled" in told:
            return no_store(place.name)
        if CANNOT_CONNECT in told:
            return connection_error(place, told.split(": ", 3)[-1])
        return StoreError(f"cannot open the store of {place.name}: {told}")
    if isinstance(error, duckdb.IOException):
        return StoreError(f"cannot open the store in {place.path}: {told}")
    return StoreDamaged(
        f"the catalog {place.catalog} cannot be read: {told} "
        "Restore it from a backup; the Parquet files beside it are whole without it."
    )


def confine(engine: duckdb.DuckDBPyConnection, folders: Sequence[Path]) -> None:
    """Let the engine read no file outside folders, load nothing, see no Python variable; for the rest of its life."""
    listed = ", ".join(literal(f"{folder}/") for folder in folders)
    engine.execute(f"set allowed_directories = [{listed}]")
    engine.execute("set enable_external_access = false")
    engine.execute("set python_enable_replacements = false")
    engine.execute("set lock_configuration = true")


def newest_snapshot(engine: duckdb.DuckDBPyConnection) -> int:
    """The number of the newest snapshot; the same number means the same data."""
    found = engine.execute(f"select max(snapshot_id) from {CATALOG}.ducklake_snapshot").fetchone()
    return int(found[0]) if found else 0


def oldest_snapshot(engine: duckdb.DuckDBPyConnection) -> int:
    """The number of the oldest snapshot that is kept."""
    found = engine.execute(f"select min(snapshot_id) from {CATALOG}.ducklake_snapshot").fetchone()
    return int(found[0]) if found else 0


def literal(text: str) -> str:
    """text as an SQL string, for the statements that take no parameters (attach, load)."""
    return "'" + text.replace("'", "''") + "'"


def told_by(error: BaseException) -> str:
    """What a DuckDB error says, without its picture of the query, on one line."""
    return " ".join(str(error).strip().split("\n\n")[0].split())


def _extension(name: str) -> Path:
    """The extension's file, which comes as a wheel of DuckDB's exact version; nothing is downloaded."""
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    for root in (spec.submodule_search_locations or []) if spec else []:
        for file in Path(root).glob(f"extensions/v{duckdb.__version__}/*.duckdb_extension"):
            return file
    raise StoreError(
        f"the DuckDB extension {name} is not installed for DuckDB {duckdb.__version__}. "
        f"Run: pip install duckdb-extension-{name.replace('_', '-')}=={duckdb.__version__}"
    )
