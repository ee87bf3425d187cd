"""Transactions on the lake: all or nothing, with every data file on disk before the catalog names it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from copy import copy

import duckdb

from feedback_analytics.errors import StoreBusy, StoreError, StoreUnreachable
from feedback_analytics.store.durable import HeldFiles, sync_files
from feedback_analytics.store.lake import ALIAS, CANNOT_CONNECT, told_by
from feedback_analytics.store.lease import Guard
from feedback_analytics.store.location import LakePlace, LakeServer


class WritableLake:
    """An attached lake and the way to change it. One thread at a time."""

    def __init__(
        self, engine: duckdb.DuckDBPyConnection, place: LakePlace, transaction_seconds: float, guard: Guard
    ) -> None:
        self.engine, self.place = engine, place
        self._transaction_seconds, self._guard, self._is_alone = transaction_seconds, guard, False
        self._held = HeldFiles(place.data) if isinstance(place, LakeServer) else None

    def alone(self) -> WritableLake:
        """The same lake, for transactions that delete, update or alter: no other writer is in one meanwhile."""
        same = copy(self)
        same._is_alone = True
        return same

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """BEGIN … sync the data files … COMMIT; any error inside rolls back, and nothing of it is written.

        Given up when it took longer than worker.transaction_seconds: the expiry of snapshots relies on no transaction
        being older than an hour, also not that of a process which was stopped inside it.

        Raises StoreBusy when another transaction was in the way, StoreError when disk or engine refused.
        """
        with self._guard.passage(alone=self._is_alone), self.as_store_errors():
            yield from self._transaction()

    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        started = time.monotonic()
        self.engine.execute("begin")
        try:
            yield self.engine
            sync_files(self.place.data)
            if time.monotonic() - started > self._transaction_seconds:
                raise StoreBusy(
                    f"a transaction took longer than {self._transaction_seconds:g} s (worker.transaction_seconds) "
                    "and was given up; nothing of it was written."
                )
            with self._held.through_commit() if self._held else nullcontext():
                self.engine.execute("commit")
        except BaseException as error:
            _roll_back(self.engine)
            if isinstance(error, OSError):
                raise StoreError(f"the disk of {self.place.data} did not take the data: {error.strerror}.") from error
            raise

    @contextmanager
    def as_store_errors(self) -> Iterator[None]:
        """Speak of DuckDB's errors as of ours, here and in each transaction."""
        try:
            yield
        except duckdb.Error as error:
            raise self._as_store_error(error) from error

    @contextmanager
    def look(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One snapshot for several statements that change nothing, outside a transaction."""
        with self.as_store_errors():
            self.engine.execute("begin")
            try:
                yield self.engine
            finally:
                _roll_back(self.engine)

    def reading(self) -> duckdb.DuckDBPyConnection:
        """A second connection, for reading a snapshot of its own. Close it."""
        connection = self.engine.cursor()
        connection.execute(f"use {ALIAS}")
        return connection

    def _as_store_error(self, error: duckdb.Error) -> StoreError:
        text = told_by(error)
        if any(sign in str(error) for sign in CUT_OFF):
            return StoreUnreachable(f"the server of {self.place.name} does not answer: {text}")
        if isinstance(error, duckdb.TransactionException) or any(sign in str(error) for sign in IN_THE_WAY):
            return StoreBusy(f"another transaction on the store in {self.place.name} was in the way: {text}")
        return StoreError(f"the store in {self.place.name} did not take the transaction: {text}")


IN_THE_WAY = ("onflict", "database is locked", "could not serialize", "deadlock detected", "duplicate key")
# What DuckDB, or the server of the catalog, says when another transaction won, whatever the class of its exception.

CUT_OFF = (
    CANNOT_CONNECT,
    "server closed the connection",
    "terminating connection",
    "no connection to the server",
    "the database system is",
    "SSL SYSCALL error",
    'Failed to execute query "ROLLBACK"',
)
# What is said when the connection to the server of the catalog was lost, or cannot be made. Of a COMMIT that met it
# nobody knows yet whether it was done.


def _roll_back(engine: duckdb.DuckDBPyConnection) -> None:
    try:
        engine.execute("rollback")
    except duckdb.Error:
        return  # a COMMIT that failed has ended the transaction itself, a lost connection has as well
