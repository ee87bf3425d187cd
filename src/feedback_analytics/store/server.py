"""The server of a PostgreSQL catalog: what its writers agree on beside the lake itself.

- The gate: commits pass it together, what deletes or updates passes it alone. DuckLake refuses a commit when another
  one deleted from the same table meanwhile; the gate makes them wait for each other instead.
- The lead: one writer runs jobs and maintenance. When it ends, or stands still for too long, another one takes over.
- Names: a worker's name is held once.

All three are advisory locks of one session, so the server drops them with it: when the process dies, when the
connection is cut, when the process stands still for longer than a transaction may take. None of them is needed for
correctness: that is the fence's (positions.py). A session that is lost is opened again by its next use.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from feedback_analytics.errors import SettingsError, StoreBusy, StoreError, StoreUnreachable
from feedback_analytics.store.location import LakeServer

if TYPE_CHECKING:
    import psycopg  # a tenth of a second that an embedded installation need not spend

T = TypeVar("T")

CONNECT_SECONDS = 5
"""Longest wait for the server to answer a new connection."""

ALONE_SECONDS = 2.0
"""Longest wait for the gate by one that wants it alone: those behind it wait as well, the commits too."""

ALONE_IDLE_SECONDS = 10.0
"""Life of a session that has the gate alone and says nothing: so long a process that stands still there stops all
others. Slices of maintenance take tenths of a second."""

NAME_SECONDS = 5.0
"""Longest wait for a worker's name: a process that was killed a moment ago may still hold it."""

FOLLOW_SECONDS, LEAD_SECONDS = 1.0, 1.0
"""Time between two tries to take the lead, and between two looks whether it is still held."""

OLDEST_SERVER = 14
"""PostgreSQL's major version that first ends idle sessions."""

SCHEMA = "feedback"
"""Of what is kept beside the lake: the jobs."""

LAKE_LOCKS, NAME_LOCKS = 0x66656564, 0x6E616D65
"""First halves of the advisory locks' numbers."""

GATE, LEAD = 1, 2
ALONE = (b"select pg_advisory_lock($1, $2)", b"select pg_advisory_unlock($1, $2)")
TOGETHER = (b"select pg_advisory_lock_shared($1, $2)", b"select pg_advisory_unlock_shared($1, $2)")

IMPOSSIBLE = (
    "authentication failed",
    "no password supplied",
    "does not exist",
    "no pg_hba.conf entry",
    "certificate",
    "SSL was required",
    "does not support SSL",
    "private key file",
    "permission denied",
    "invalid sslmode",
)
"""What a server, or libpq, says when trying again will not help."""


class CatalogServer:
    """One session with the server, for one thread at a time. Opened at once; close it.

    Raises SettingsError when the server cannot be used as the URL says, StoreUnreachable when it does not answer.
    """

    def __init__(self, place: LakeServer, *, worker: str | None, idle_seconds: float) -> None:
        """worker: the name to hold; None for a process that is no worker. idle_seconds: life of an idle session."""
        self._place, self._worker, self._idle_seconds = place, worker, idle_seconds
        self._is_leader, self._looked_at, self._lock_seconds = False, 0.0, 0.0
        self._session: psycopg.Connection[tuple[Any, ...]] | None = None
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def passage(self, *, alone: bool) -> Iterator[None]:
        take, give = ALONE if alone else TOGETHER
        wait = ALONE_SECONDS if alone else self._idle_seconds
        why = "transactions of other workers hold the gate"
        self._in_session(lambda: self._lock(take, (LAKE_LOCKS, GATE), wait, why))
        session = self._session
        if alone:
            self._set_idle(min(ALONE_IDLE_SECONDS, self._idle_seconds))
        try:
            yield
        finally:
            # With its session the passage is gone already, and a new session has none to give back.
            if session is self._session:
                with suppress(StoreUnreachable):
                    if alone:
                        self._set_idle(self._idle_seconds)
                    self._run(give, (LAKE_LOCKS, GATE))

    def leads(self) -> bool:
        if time.monotonic() >= self._looked_at + (LEAD_SECONDS if self._is_leader else FOLLOW_SECONDS):
            if self._is_leader:
                # Lost with its session, it is not the leader's any more.
                self.rows(b"select 1")
            if not self._is_leader:
                ((self._is_leader,),) = self.rows(b"select pg_try_advisory_lock($1, $2)", (LAKE_LOCKS, LEAD))
            self._looked_at = time.monotonic()
        return self._is_leader

    def rows(self, query: bytes, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of one statement, in a transaction of its own; once more in a new session when this one is lost."""
        return self._in_session(lambda: self._run(query, parameters))

    def _in_session(self, do: Callable[[], T]) -> T:
        """Do it; once more in a new session when this one is lost."""
        try:
            return do()
        except StoreUnreachable:
            self._open()
            return do()

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
        self._is_leader, self._lock_seconds = False, 0.0

    def _open(self) -> None:
        """A new session, which holds nothing yet but the worker's name."""
        import psycopg

        self.close()
        place = self._place
        seconds = {"idle_session_timeout": self._idle_seconds, "client_connection_check_interval": 2}
        limits = " ".join(f"-c {name}={int(value * 1000)}" for name, value in seconds.items())
        # What is kept beside the lake is in a schema of its own; the lake itself is in public.
        limits += f" -c search_path={SCHEMA},public"
        more: dict[str, Any] = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
        more |= dict(place.options)
        try:
            self._session = psycopg.connect(
                "",
                autocommit=True,
                cursor_factory=psycopg.RawCursor,
                host=place.host,
                port=place.port,
                dbname=place.database,
                user=place.user or None,
                password=place.password or None,
                connect_timeout=CONNECT_SECONDS,
                application_name=f"feedback {self._worker or ''}".strip(),
                options=limits,
                **more,
            )
        except psycopg.Error as error:
            raise connection_error(place, str(error)) from error
        if self._session.info.server_version < OLDEST_SERVER * 10_000:
            raise SettingsError(
                f"the server of {place.name} is PostgreSQL {self._session.info.server_version // 10_000}; "
                f"the catalog needs {OLDEST_SERVER} or newer."
            )
        if self._worker:
            key = zlib.crc32(self._worker.encode()) - 2**31
            held = (
                f"another process works as {self._worker} on {place.name}. "
                "Stop it, or give this one a name of its own (worker_name)"
            )
            self._lock(ALONE[0], (NAME_LOCKS, key), NAME_SECONDS, held)

    def _lock(self, take: bytes, key: tuple[int, int], seconds: float, why: str) -> None:
        """Take an advisory lock, in this session. Raises StoreBusy, saying why, when others hold it for so long."""
        if seconds != self._lock_seconds:
            self._run(f"set lock_timeout = {int(seconds * 1000)}".encode())
            self._lock_seconds = seconds
        try:
            self._run(take, key)
        except _LockTimeout as error:
            raise StoreBusy(f"waited {seconds:g} s: {why}.") from error

    def _set_idle(self, seconds: float) -> None:
        """How long the session may say nothing before the server ends it."""
        self._run(f"set idle_session_timeout = {int(seconds * 1000)}".encode())

    def _run(self, query: bytes, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        import psycopg

        if self._session is None or self._session.closed:
            raise StoreUnreachable(f"the session with {self._place.name} is lost.")
        try:
            cursor = self._session.execute(query, parameters)
            return cursor.fetchall() if cursor.description else []
        except psycopg.errors.LockNotAvailable as error:
            raise _LockTimeout from error
        except psycopg.Error as error:
            if not self._session.closed:
                raise StoreError(f"{self._place.name} did not take a statement: {_line(str(error))}") from error
            self.close()
            raise StoreUnreachable(f"the session with {self._place.name} is lost: {_line(str(error))}") from error


class _LockTimeout(Exception):
    """The lock was not given in time."""


def connection_error(place: LakeServer, told: str) -> SettingsError | StoreUnreachable:
    """What is wrong with a connection, from the words of the server or of libpq."""
    reason = _line(told.split("Is the server running")[0]).removeprefix("connection failed: ")
    reason = reason.replace(place.password, "***") if place.password else reason
    sentence = f"cannot use the PostgreSQL server of {place.name} (store_url): {reason}"
    if any(sign in told for sign in IMPOSSIBLE):
        return SettingsError(
            f"{sentence.rstrip('.')}. Correct FEEDBACK_STORE_URL, or the server's users and databases."
        )
    return StoreUnreachable(f"{sentence.rstrip('.')}. Start the server, or correct FEEDBACK_STORE_URL.")


def _line(text: str) -> str:
    return " ".join(text.split())
