"""The file of the embedded log: made once and durably, opened by several processes, checked to be ours.

All writing, checkpoints included, happens under a lock on a file beside it. SQLite's own lock would do for
correctness of single transactions, but waits in steps of up to 100 ms, and SQLite before 3.51.3 can damage a WAL that
one process checkpoints while another one restarts it.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from feedback_analytics.errors import LogError

APPLICATION_ID = 0x66623031
FORMAT = 1
# Both are written by sql/schema.sql.
PAGE_BYTES = 8192
# Appends 16 % faster than SQLite's 4096, and a lone record still costs no more than 24 kB of WAL.
LOCK_SECONDS = 10.0
# Longest wait for another process's transaction; one takes milliseconds unless the process is stopped inside it.
LOCK_STEP_SECONDS = 0.0005
FULL_RETRY_SECONDS = 5.0


def read_sql(name: str) -> str:
    """The text of one of this room's SQL files."""
    return files("feedback_analytics.log").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


class LogFile:
    """`DIR/log.sqlite`, made if it is not there. Gives connections, and the one lock for everything that writes."""

    def __init__(self, folder: Path, now_us: int) -> None:
        self.path = folder / "log.sqlite"
        self._lock_path, self._moved_path = folder / "log.lock", folder / "moved-to"
        with as_log_errors(self.path):
            _make_folder(folder)
            with self.exclusive():
                self._make_or_check(now_us)
            self._inode = self.path.stat().st_ino
            with self._connection() as connection:
                self.log_id = str(connection.execute("select log_id from identity").fetchone()[0])

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the writing lock, against all threads and processes. LogError after LOCK_SECONDS."""
        descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            deadline = time.monotonic() + LOCK_SECONDS
            while not _try_lock(descriptor):
                if time.monotonic() > deadline:
                    raise LogError(
                        f"another process has been writing to {self.path} for {LOCK_SECONDS:.0f} s. "
                        "If it is stopped, continue or end it; then try again."
                    )
                time.sleep(LOCK_STEP_SECONDS)
            yield
        finally:
            os.close(descriptor)

    def connect(self, *, for_writing: bool) -> sqlite3.Connection:
        """A connection that any one thread at a time may use. One that only reads never checkpoints."""
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode={'rw' if for_writing else 'ro'}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=LOCK_SECONDS,
        )
        if for_writing:
            connection.execute("pragma synchronous = full")
        return connection

    def refuse_if_replaced(self) -> None:
        """LogError when the open file is no longer the one at the path: what is written to it would be lost."""
        try:
            inode = self.path.stat().st_ino
        except FileNotFoundError:
            inode = None
        if inode != self._inode:
            raise LogError(
                f"the log {self.path} was removed or replaced while it was open. "
                "Put it back and start again, or start with another data directory.",
                retry_after_seconds=None,
            )

    @property
    def moved_to(self) -> str | None:
        """The log that stands in place of this one; None while records are taken here."""
        try:
            return self._moved_path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def refuse_if_moved(self) -> None:
        """LogError when the log was closed because another one stands in its place. The caller holds the lock."""
        to = self.moved_to
        if to is not None:
            raise LogError(
                f"the log {self.path} takes nothing any more: its installation moves, or has moved, to {to}. "
                f"Start with FEEDBACK_BROKER_URL={to}.",
                retry_after_seconds=None,
            )

    def close_for(self, other: str) -> None:
        """From now on no process appends; says where records go instead. An append that runs is waited for."""
        with as_log_errors(self.path), self.exclusive():
            new = self._moved_path.with_name(f"{self._moved_path.name}.new")
            new.write_text(other, encoding="utf-8")
            _sync(new)
            new.replace(self._moved_path)
            sync_folder(self.path.parent)

    def open_again(self) -> None:
        """Take records again."""
        with as_log_errors(self.path), self.exclusive():
            self._moved_path.unlink(missing_ok=True)
            sync_folder(self.path.parent)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = self.connect(for_writing=True)
        try:
            yield connection
        finally:
            connection.close()

    def _make_or_check(self, now_us: int) -> None:
        is_new = not self.path.exists()
        if is_new:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        with self._connection() as connection:
            (application,) = connection.execute("pragma application_id").fetchone()
            (version,) = connection.execute("pragma user_version").fetchone()
            (tables,) = connection.execute("select count(*) from sqlite_master").fetchone()
            if tables == 0:
                self._make(connection)
                application, version = APPLICATION_ID, FORMAT
            if application != APPLICATION_ID:
                raise LogError(
                    f"{self.path} is not a log of this service. "
                    "Point FEEDBACK_BROKER_URL or FEEDBACK_DATA_DIR elsewhere.",
                    retry_after_seconds=None,
                )
            if version != FORMAT:
                raise LogError(
                    f"{self.path} has format {version}, this release reads format {FORMAT}. Install a newer release.",
                    retry_after_seconds=None,
                )
            # On its own, so that a crash after the tables is mended by the next start.
            connection.execute(read_sql("name_the_log"), (str(uuid.uuid4()), now_us))
        if is_new:
            sync_folder(self.path.parent)

    def _make(self, connection: sqlite3.Connection) -> None:
        connection.execute(f"pragma page_size = {PAGE_BYTES}")
        connection.execute("pragma auto_vacuum = incremental")
        connection.execute("pragma journal_mode = wal")
        connection.executescript(read_sql("schema"))


@contextmanager
def as_log_errors(path: Path) -> Iterator[None]:
    """Tell trouble with the file as a LogError that says what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "full" in str(error):
            raise LogError(f"no space left for the log {path}: free some.", FULL_RETRY_SECONDS) from error
        raise LogError(f"cannot use the log {path}: {error}. Check the disk and who may write there.") from error
    except sqlite3.DatabaseError as error:
        raise LogError(
            f"the log {path} is damaged or not a log: {error}. Restore it from a backup, or start with another "
            "FEEDBACK_DATA_DIR.",
            retry_after_seconds=None,
        ) from error
    except OSError as error:
        raise LogError(f"cannot use the log {path}: {error}. Check the disk and who may write there.") from error


def sync_folder(folder: Path) -> None:
    """Make the names in the folder durable."""
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_folder(folder: Path) -> None:
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        sync_folder(path.parent)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
