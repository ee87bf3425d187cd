"""Where a store lives: its URL, or the folder a person points at, read into paths.

The only place that knows the forms of store URLs; `lake.py` is the only one that attaches what is found here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from feedback_analytics.errors import SettingsError

SQLITE = "sqlite:"
POSTGRES = ("postgres:", "postgresql:", "postgres://", "postgresql://")


@dataclass(frozen=True)
class LakeFolder:
    """A lake with a SQLite catalog: everything is in one folder, which may be moved or mounted elsewhere."""

    path: Path

    @property
    def catalog(self) -> Path:
        return self.path / "catalog.sqlite"

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def spill(self) -> Path:
        """Where the writer's engine puts what does not fit into memory."""
        return self.path / "spill"

    @property
    def write_lock(self) -> Path:
        """Locked by the one process that writes; see lease.py."""
        return self.path / "write.lock"

    @property
    def exists(self) -> bool:
        return self.catalog.is_file()


def locate_store(url: str) -> LakeFolder:
    """The folder of a store URL such as `sqlite:/srv/feedback/lake`. The folder need not exist yet.

    Raises SettingsError for a URL that this release cannot open.
    """
    if url.startswith(SQLITE):
        folder = url.removeprefix(SQLITE)
        if not folder:
            raise SettingsError(f"the store URL {url!r} names no folder. Write sqlite:DIR.")
        return LakeFolder(Path(folder).absolute())
    if url.startswith(POSTGRES):
        raise SettingsError(
            "this release keeps its catalog in SQLite only, so the PostgreSQL store URL cannot be opened. "
            "Use sqlite:DIR (FEEDBACK_STORE_URL), or leave it empty for the lake folder of the data directory."
        )
    raise SettingsError(f"unknown store URL {url!r}. Write sqlite:DIR (FEEDBACK_STORE_URL).")


def find_store(place: str | Path) -> LakeFolder:
    """The store a person points at: a store URL, the data directory (which holds lake/), or the lake's folder itself.

    Raises SettingsError when there is no store at that place.
    """
    if isinstance(place, str) and (place.startswith((SQLITE, *POSTGRES)) or "://" in place):
        candidates = [locate_store(place)]
    else:
        candidates = [LakeFolder(Path(place).absolute()), LakeFolder(Path(place).absolute() / "lake")]
    for folder in candidates:
        if folder.exists:
            return folder
    looked = " or ".join(str(folder.catalog) for folder in candidates)
    raise SettingsError(
        f"cannot open the store: no catalog at {looked}. "
        "Start the service once to make it (feedback serve), or point --data at an existing data directory."
    )
