"""Where a store lives: its URL, or the folder a person points at, read into paths and the parts of a connection.

The only place that knows the forms of store URLs; `lake.py` is the only one that attaches what is found here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from feedback_analytics.errors import SettingsError

SQLITE = "sqlite:"
POSTGRES = ("postgresql://", "postgres://")
POSTGRES_FORM = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE?data=FOLDER"
POSTGRES_PORT = 5432

CONNECTION_OPTIONS = ("sslmode", "sslrootcert", "sslcert", "sslkey")
# What a PostgreSQL URL may ask of the connection, by libpq's names, beside data and password.


@dataclass(frozen=True)
class LakeFolder:
    """A lake with a SQLite catalog: everything is in one folder, which may be moved or mounted elsewhere."""

    path: Path

    scanner = "sqlite_scanner"
    """DuckDB's extension that reads the catalog."""

    @property
    def name(self) -> str:
        """What errors call this store."""
        return str(self.path)

    @property
    def catalog(self) -> Path:
        return self.path / "catalog.sqlite"

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def write_lock(self) -> Path:
        """Locked by the one process that writes; see lease.py."""
        return self.path / "write.lock"

    @property
    def exists(self) -> bool:
        return self.catalog.is_file()


@dataclass(frozen=True)
class LakeServer:
    """A lake with a PostgreSQL catalog: several processes write, on several machines that all see the folder `data`."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    options: tuple[tuple[str, str], ...]
    data: Path

    scanner = "postgres_scanner"
    """DuckDB's extension that reads the catalog."""

    @property
    def name(self) -> str:
        """What errors call this store; without the password."""
        user = f"{self.user}@" if self.user else ""
        return f"postgresql://{user}{self.host}:{self.port}/{self.database}"


LakePlace = LakeFolder | LakeServer


def locate_store(url: str) -> LakePlace:
    """What a store URL names: `sqlite:/srv/feedback/lake` or `postgresql://...?data=/mnt/feedback`. It may be empty.

    Raises SettingsError for a URL that cannot be a store's.
    """
    if url.startswith(SQLITE):
        folder = url.removeprefix(SQLITE)
        if not folder:
            raise SettingsError(f"the store URL {url!r} names no folder. Write sqlite:DIR.")
        return LakeFolder(Path(folder).absolute())
    if url.startswith(POSTGRES):
        return _read_postgres(url)
    raise SettingsError(f"unknown store URL {url!r}. Write sqlite:DIR or {POSTGRES_FORM} (FEEDBACK_STORE_URL).")


def find_store(place: str | Path) -> LakePlace:
    """The store a person points at: a store URL, the data directory (which holds lake/), or the lake's folder itself.

    Raises SettingsError when there is no folder of a store at that place; of a server it is seen when it is opened.
    """
    if isinstance(place, str) and (place.startswith((SQLITE, *POSTGRES)) or "://" in place):
        found = locate_store(place)
        if isinstance(found, LakeServer):
            return found
        candidates = [found]
    else:
        candidates = [LakeFolder(Path(place).absolute()), LakeFolder(Path(place).absolute() / "lake")]
    for folder in candidates:
        if folder.exists:
            return folder
    raise no_store(" or ".join(str(folder.catalog) for folder in candidates))


def no_store(looked: str) -> SettingsError:
    """That nobody has made a store there yet."""
    return SettingsError(
        f"cannot open the store: no catalog at {looked}. "
        "Start the service once to make it (feedback serve), or point --data at an existing data directory."
    )


def _read_postgres(url: str) -> LakeServer:
    """The parts of a PostgreSQL URL. What is told of a bad one never holds its password."""
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    database = unquote(parts.path.removeprefix("/"))
    unknown = sorted(given.keys() - {"data", "password", *CONNECTION_OPTIONS})
    if unknown:
        allowed = ", ".join(("data", *CONNECTION_OPTIONS))
        raise _bad_url(f"it asks for {', '.join(unknown)}; known are {allowed}")
    if not parts.hostname or not database or "/" in database:
        raise _bad_url("it names no host, or not one database")
    data = given.get("data", "")
    if not data or "://" in data:
        raise _bad_url("data= must name the folder of the data files, which every machine of the installation sees")
    options = tuple((name, given[name]) for name in CONNECTION_OPTIONS if given.get(name))
    password = given.get("password") or unquote(parts.password or "")
    return LakeServer(
        parts.hostname, _port(parts), database, unquote(parts.username or ""), password, options, Path(data).absolute()
    )


def _port(parts: SplitResult) -> int:
    try:
        return parts.port or POSTGRES_PORT
    except ValueError:
        raise _bad_url("its port is not a number up to 65535") from None


def _bad_url(why: str) -> SettingsError:
    return SettingsError(f"the PostgreSQL store URL cannot be used: {why}. Write {POSTGRES_FORM} (FEEDBACK_STORE_URL).")
