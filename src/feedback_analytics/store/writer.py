"""The writer: a worker's rows, its ledger and its positions become durable in one transaction, or not at all.

On a SQLite catalog it holds the write lease of the store for as long as it is open; on PostgreSQL there may be several,
each under a name of its own. It is used by one thread at a time. What it promises:

- a transaction moves each position from exactly where the caller believes it to be, else nothing of it is written;
- every data file is on disk before the catalog names it (durable.py);
- after `commit` returns, the rows are there; after it raises, they are not.

    with open_writer(settings, secret_fingerprint=None, now=utc_now) as writer:
        writer.register_topic("log-1", "feedback.votes.v1", 4, {0: 0, 1: 0, 2: 0, 3: 0})
        positions = writer.claim("log-1", "feedback.votes.v1", [0, 1, 2, 3])
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from feedback_analytics.errors import Fenced, SettingsError, StoreBusy, StoreError
from feedback_analytics.settings import Settings
from feedback_analytics.store.durable import HELD
from feedback_analytics.store.jobs import open_queue
from feedback_analytics.store.lake import (
    WRITER_MEMORY_BYTES,
    WRITER_THREADS,
    attach_for_writing,
    hold_catalog,
    open_engine,
)
from feedback_analytics.store.lease import Guard, WriteLease
from feedback_analytics.store.location import LakeFolder, LakePlace, LakeServer, locate_store
from feedback_analytics.store.maintenance import Maintenance
from feedback_analytics.store.move_facts import refuse_to_write
from feedback_analytics.store.positions import (
    make_positions_table,
    move_positions,
    positions_table,
    read_positions,
    register_topic,
    take_over,
)
from feedback_analytics.store.rows import CommitRows, Committed, PartitionPlace, Row
from feedback_analytics.store.schema import bring_up_to_date, read_facts, set_fact
from feedback_analytics.store.server import CatalogServer
from feedback_analytics.store.statements import statement
from feedback_analytics.store.transactions import WritableLake
from feedback_analytics.store.work import DoneWork, StoreWork

DERIVED = ".derived"
# Folder in that of the data files, which holds no Parquet files: maintenance leaves it alone.

CASTS_OFFSETS = 500_000
# Offsets per table of `casts`: sorting a whole partition of 25 million casts would take gigabytes.


def open_writer(
    settings: Settings,
    *,
    secret_fingerprint: str | None,
    now: Callable[[], datetime],
    lease: bool = True,
    is_worker: bool = True,
) -> Writer:
    """The store at settings.store_location, open for writing; made when there is none, migrated when it is older.

    secret_fingerprint is kept with a new store and compared with that of an old one; None asks for no comparison.
    lease=False leaves the write lease out: for tests that need two writers, and for nothing else. is_worker=False is
    for a process that runs jobs but no partitions.

    Raises StoreBusy when another process writes, SettingsError for another secret, a server that does not let us in, or
    a store that was moved or is not whole yet, StoreUnreachable for a server that does not answer, MigrationNeeded for
    a newer store.
    """
    table = positions_table(settings.worker_name)
    place = locate_store(settings.store_location)
    guard = _open_guard(place, settings, lease=lease, is_worker=is_worker)
    engine = open_engine(
        place, threads=WRITER_THREADS, memory_bytes=WRITER_MEMORY_BYTES, spill=settings.data_path / "spill"
    )
    try:
        with _alone_in_time(guard, settings.worker.transaction_seconds):
            attach_for_writing(engine, place, settings.worker.transaction_seconds)
            refuse_to_write(read_facts(engine), place.name)
            bring_up_to_date(engine, now)
            _check_secret(engine, secret_fingerprint)
            if is_worker:
                make_positions_table(engine, table)
        return Writer(engine, place, settings, guard, now)
    except BaseException:
        engine.close()
        guard.close()
        raise


@contextmanager
def _alone_in_time(guard: Guard, seconds: float) -> Iterator[None]:
    """The passage of one who opens the store: others may be making it, or bringing it up to date, at this moment."""
    deadline = time.monotonic() + seconds
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(guard.passage(alone=True))
                break
            except StoreBusy:
                if time.monotonic() > deadline:
                    raise
                time.sleep(random.uniform(0.2, 1.0))
        yield


def _open_guard(place: LakePlace, settings: Settings, *, lease: bool, is_worker: bool) -> Guard:
    try:
        place.data.mkdir(parents=True, exist_ok=True)
        if isinstance(place, LakeServer):
            # Every commit makes files there: better told now than at the first vote.
            (place.data / HELD).mkdir(exist_ok=True)
            name = settings.worker_name if is_worker else None
            return CatalogServer(place, worker=name, idle_seconds=settings.worker.transaction_seconds)
        return WriteLease(place.write_lock if lease else None)
    except OSError as error:
        raise StoreError(
            f"cannot write to the store's folder {place.data}: {error.strerror}. "
            "Give this user the right to, or name another folder (FEEDBACK_STORE_URL)."
        ) from error


class Writer:
    """A writing side of a store. Open it by `open_writer`; close it to give the write lease, or its name, back."""

    def __init__(
        self,
        engine: duckdb.DuckDBPyConnection,
        place: LakePlace,
        settings: Settings,
        guard: Guard,
        now: Callable[[], datetime],
    ) -> None:
        self._engine, self._guard, self._now = engine, guard, now
        self._holder = hold_catalog(engine) if isinstance(place, LakeFolder) else None
        self._lake = WritableLake(engine, place, settings.worker.transaction_seconds, guard)
        self._positions = positions_table(settings.worker_name)
        queue = open_queue(settings, guard if isinstance(guard, CatalogServer) else None)
        maintenance = Maintenance(
            self._lake.alone(), settings.store.snapshot_seconds, settings.analytics.time_zone, now
        )
        self._work = StoreWork(queue, self._lake.alone(), maintenance, settings.store, now, leads=guard.leads)
        self._schemas = {table: engine.execute(f"from raw.{table} limit 0").to_arrow_table().schema for table in TABLES}
        facts = read_facts(engine)
        self.store_id = facts["store_id"]
        self.restore_epoch = int(facts["restore_epoch"])

    def register_topic(self, log_id: str, topic: str, partitions: int, earliest: Mapping[int, int]) -> None:
        """Make the topic known, with a position per partition at the log's earliest offset. Again: changes nothing.

        Raises StoreError when the store knows the topic with another number of partitions (a reader's home would
        move), or from another log whose loss was not accepted.
        """
        known = self._known_topics(topic)
        other = next((count for count in known.values() if count != partitions), None)
        if other is not None:
            raise StoreError(
                f"topic {topic} has {partitions} partitions, but the store knows it with {other}, fixed for its life. "
                f"Give it {other} partitions, or use a store of its own."
            )
        if not known:
            # Alone, and looked at again: of two workers that start together one makes it known.
            with self._lake.alone().transaction():
                if not self._known_topics(topic):
                    register_topic(self._engine, log_id, topic, earliest, self._now())
            return
        with self._lake.look() as engine:
            held = {p.partition for p in read_positions(engine) if (p.log_id, p.topic) == (log_id, topic)}
        missing = sorted(set(earliest) - held)
        if missing:
            raise StoreError(
                f"topic {topic} came from log {', '.join(sorted(set(known) - {log_id}))} so far, and this is log "
                f"{log_id}. If the old log is gone for good, accept what it still held as lost, for partitions "
                f"{missing}: feedback positions accept-loss {topic} PARTITION"
            )

    def claim(self, log_id: str, topic: str, partitions: Collection[int]) -> dict[int, int]:
        """Make these partitions this worker's own, whoever owned them; their next offsets.

        The former owner's next commit is Fenced. Cheap when they are this worker's already. Raises StoreError when a
        partition was never registered.
        """
        held = self._held()
        mine = {p: held[(log_id, topic, p)] for p in partitions if (log_id, topic, p) in held}
        if len(mine) < len(partitions):
            with self._lake.transaction():
                mine = take_over(self._engine, self._positions, log_id, topic, partitions)
        unknown = sorted(set(partitions) - mine.keys())
        if unknown:
            raise StoreError(
                f"the store has no position for {topic}{unknown} of log {log_id}; register the topic first."
            )
        return mine

    def commit(self, rows: CommitRows) -> Committed:
        """Write the rows and move the positions, in one transaction.

        1. Move the positions, each from exactly the expected offset.
        2. Write entries, hourly sums and all other rows.
        3. Sync the data files, then COMMIT.
        4. When COMMIT gave no clear answer, look whether the batch is there.

        Raises Fenced when a position was not where expected: another worker owns it, or moved it.
        Raises StoreBusy when another transaction was in the way: try again. After any error nothing was written.
        """
        try:
            with self._lake.transaction():
                if not move_positions(self._engine, self._positions, rows.moves):
                    raise Fenced({})
                self._write(rows)
        except Fenced:
            raise Fenced(self._elsewhere(rows)) from None
        except StoreError:
            if not self.committed(rows.batch_id):
                moved = self._elsewhere(rows)
                if moved:
                    raise Fenced(moved) from None
                raise
        return Committed(rows.batch_id, self._now())

    def committed(self, batch_id: str) -> bool:
        """True when the transaction of this id is in the store: the answer after a commit of unknown outcome."""
        query = "select 1 from raw.batches where batch_id = ? limit 1"
        with self._lake.as_store_errors():
            return self._engine.execute(query, [batch_id]).fetchone() is not None

    def casts(self, log_id: str, topic: str, partition: int, since_offset: int) -> Iterator[pa.Table]:
        """The partition's casts at and after an offset, by rising offset, with the source of each event.

        Columns as in sql/casts.sql. Tables hold the casts of up to 500,000 offsets and are never empty. The writer may
        go on meanwhile.
        """
        bound = {"log_id": log_id, "topic": topic, "partition": partition}
        with self._lake.as_store_errors(), self._lake.reading() as reading:
            first, last = reading.execute(statement("casts_range"), {**bound, "since": since_offset}).fetchone() or (
                None,
                None,
            )
            while first is not None and first <= last:
                window = {**bound, "since": first, "until": first + CASTS_OFFSETS}
                table = reading.execute(statement("casts"), window).to_arrow_table()
                if table.num_rows:
                    yield table
                first += CASTS_OFFSETS

    def former_logs(self, log_id: str, topic: str) -> list[str]:
        """The logs that the topic came from beside this one, oldest first: its casts in them still stand."""
        query = "select log_id from raw.topics where log_topic = ? and log_id <> ? order by registered_at, log_id"
        with self._lake.as_store_errors():
            return [row[0] for row in self._engine.execute(query, [topic, log_id]).fetchall()]

    def article_hashes(self, hashes: Sequence[int]) -> set[int]:
        """Those of the event hashes that are announcements in the store already."""
        query = "select distinct event_hash from raw.articles where event_hash in (select unnest($1::ubigint[]))"
        with self._lake.as_store_errors():
            return {row[0] for row in self._engine.execute(query, [list(hashes)]).fetchall()}

    def known_segments(self) -> set[int]:
        """The ids of all segments in the store."""
        with self._lake.as_store_errors():
            return {row[0] for row in self._engine.execute("select distinct segment_id from raw.segments").fetchall()}

    @property
    def shared_folder(self) -> Path | None:
        """A folder beside the data files that all writers of a store see, for what is derived; None with one writer."""
        place = self._lake.place
        return place.data / DERIVED if isinstance(place, LakeServer) else None

    def leads(self) -> bool:
        """True when jobs and maintenance are this writer's. On a SQLite catalog always; else one of several leads."""
        return self._guard.leads()

    def run_due_jobs(self, budget_seconds: float = 0.3) -> DoneWork:
        """Run a part of what other processes asked for, and of the maintenance that is due, for about so long.

        Call it between commits. What is left is run by the next call.
        """
        return self._work.run(budget_seconds)

    def close(self) -> None:
        self._work.close()
        if self._holder is not None:
            self._holder.close()
        self._engine.close()
        self._guard.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, rows: CommitRows) -> None:
        if rows.votes is not None and rows.votes.num_rows:
            log_id, topic = rows.votes_log
            self._engine.register("entries", rows.votes)
            constants = {"log_id": log_id, "log_topic": topic, "batch_id": rows.batch_id}
            self._engine.execute(statement("add_votes"), constants)
            self._engine.execute(statement("add_hours"))
            self._engine.unregister("entries")
        batches = [(*row, rows.lag_records.get((row[1], row[2], row[3]))) for row in rows.batches]
        self._insert("segments", rows.segments)
        self._insert("batches", batches)
        self._insert("ledger", rows.ledger)
        self._insert("dead_letters", rows.dead_letters)
        self._insert("dead_letter_replays", rows.replays)
        self._insert("articles", rows.articles)
        self._insert("article_sections", rows.article_sections)

    def _insert(self, table: str, rows: Sequence[Row]) -> None:
        if not rows:
            return
        schema = self._schemas[table]
        columns = [pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), schema.types, strict=True)]
        self._engine.register("added", pa.Table.from_arrays(columns, schema=schema))
        self._engine.execute(f"insert into raw.{table} from added")
        self._engine.unregister("added")

    def _elsewhere(self, rows: CommitRows) -> dict[tuple[str, int], int | None]:
        """The partitions whose position is not where the rows expect it, and where this worker's position is."""
        held = self._held()
        wrong = {place: held.get(place) for place, (expected, _) in rows.moves.items() if held.get(place) != expected}
        return {(topic, partition): offset for (_, topic, partition), offset in wrong.items()}

    def _held(self) -> dict[PartitionPlace, int]:
        with self._lake.look() as engine:
            return {p.place: p.next_offset for p in read_positions(engine) if p.table == self._positions}

    def _known_topics(self, topic: str) -> dict[str, int]:
        """Number of the topic's partitions, by the logs it came from."""
        query = "select log_id, partitions from raw.topics where log_topic = ?"
        with self._lake.as_store_errors():
            return dict(self._engine.execute(query, [topic]).fetchall())


TABLES = ("segments", "batches", "ledger", "dead_letters", "dead_letter_replays", "articles", "article_sections")
# Those that are written from tuples.


def _check_secret(engine: duckdb.DuckDBPyConnection, fingerprint: str | None) -> None:
    if fingerprint is None:
        return
    kept = read_facts(engine).get("reader_secret_fingerprint")
    if kept is None:
        set_fact(engine, "reader_secret_fingerprint", fingerprint)
    elif kept != fingerprint:
        raise SettingsError(
            "the reader secret is not the one this store was made with, so every reader would count as a new one. "
            "Set FEEDBACK_READER_SECRET to the old one, or put the old reader.secret file back."
        )
