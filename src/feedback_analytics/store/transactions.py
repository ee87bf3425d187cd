"""Transactions on the lake: all or nothing, with every data file on disk before the catalog names it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from feedback_analytics.errors import StoreBusy, StoreError
from feedback_analytics.store.durable import sync_files
from feedback_analytics.store.lake import ALIAS, told_by
from feedback_analytics.store.location import LakeFolder


class WritableLake:
    """An attached lake and the way to change it. One thread at a time."""

    def __init__(self, engine: duckdb.DuckDBPyConnection, folder: LakeFolder, transaction_seconds: float) -> None:
        self.engine, self.folder = engine, folder
        self._transaction_seconds = transaction_seconds

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """BEGIN … sync the data files … COMMIT; any error inside rolls back, and nothing of it is written.

        Given up when it took longer than worker.transaction_seconds: the expiry of snapshots relies on no transaction
        being older than an hour, also not that of a process which was stopped inside it.

        Raises StoreBusy when another transaction was in the way, StoreError when disk or engine refused.
        """
        started = time.monotonic()
        self.engine.execute("begin")
        try:
            yield self.engine
            sync_files(self.folder.data)
            if time.monotonic() - started > self._transaction_seconds:
                raise StoreBusy(
                    f"a transaction took longer than {self._transaction_seconds:g} s (worker.transaction_seconds) "
                    "and was given up; nothing of it was written."
                )
            self.engine.execute("commit")
        except BaseException as error:
            _roll_back(self.engine)
            if isinstance(error, duckdb.Error):
                raise self._as_store_error(error) from error
            if isinstance(error, OSError):
                raise StoreError(f"the disk of {self.folder.data} did not take the data: {error.strerror}.") from error
            raise

    def reading(self) -> duckdb.DuckDBPyConnection:
        """A second connection, for reading a snapshot of its own. Close it."""
        connection = self.engine.cursor()
        connection.execute(f"use {ALIAS}")
        return connection

    def _as_store_error(self, error: duckdb.Error) -> StoreError:
        text = told_by(error)
        if isinstance(error, duckdb.TransactionException) or any(sign in str(error) for sign in IN_THE_WAY):
            return StoreBusy(f"another transaction on the store in {self.folder.path} was in the way: {text}")
        return StoreError(f"the store in {self.folder.path} did not take the transaction: {text}")


IN_THE_WAY = ("onflict", "database is locked")
# What DuckDB says when another transaction won, whatever the class of its exception.


def _roll_back(engine: duckdb.DuckDBPyConnection) -> None:
    try:
        engine.execute("rollback")
    except duckdb.TransactionException:
        return  # a COMMIT that failed has ended the transaction itself
