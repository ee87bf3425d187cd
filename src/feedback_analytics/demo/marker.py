"""What a data directory remembers of its demo, so that a second start continues instead of beginning again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

_NAME = "demo.json"


@dataclass(frozen=True, slots=True)
class DemoMarker:
    """anchor: the aware moment at which the month of history ends; is_loaded: the service has accepted all of it."""

    seed: int
    anchor: datetime
    is_loaded: bool = False


def read_marker(data_dir: Path) -> DemoMarker | None:
    """The marker of data_dir, None where no demo has run."""
    try:
        return msgspec.json.decode((data_dir / _NAME).read_bytes(), type=DemoMarker)
    except FileNotFoundError:
        return None


def write_marker(data_dir: Path, marker: DemoMarker) -> None:
    """Keep the marker; a crash leaves the old one or the new one."""
    new = data_dir / (_NAME + ".new")
    new.write_bytes(msgspec.json.encode(marker))
    new.replace(data_dir / _NAME)
