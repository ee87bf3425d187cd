"""A reader that may not write to a data directory: `python -m tests.support.lowly DATA QUERY` prints rows as JSON.

The directory's modes forbid it. Root is above the modes: as root, start it under `lowly()`, which takes that away.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from feedback_analytics.store import open_reader


def lowly() -> list[str]:
    """The command under which even root is bound by the modes of files."""
    return ["setpriv", "--bounding-set", "-dac_override"] if os.geteuid() == 0 else []


def make_read_only(folder: Path) -> None:
    for place in (folder, *folder.rglob("*")):
        place.chmod(0o555 if place.is_dir() else 0o444)


def main() -> None:
    folder, query = sys.argv[1:]
    writable = [place for place, _, _ in os.walk(folder) if os.access(place, os.W_OK)]
    assert not writable, f"{writable} can be written to"
    with open_reader(folder) as reader:
        print(json.dumps([list(row) for row in reader.sql(query).fetchall()]))


if __name__ == "__main__":
    main()
