"""Fills a small disk with the embedded log, makes room, and goes on: `python -m tests.support.full_disk DIR`.

Prints as JSON how many appends were acknowledged before the disk was full, what was said then, and what is kept.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from feedback_analytics.errors import LogError
from feedback_analytics.log import EmbeddedLog, NewRecord
from feedback_analytics.settings import LogSettings

TOPIC = "votes"
RECORD = NewRecord(TOPIC, 0, b"key", b"x" * 1000)


def main() -> None:
    disk = Path(sys.argv[1])
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(1_000_000))
    acknowledged = 0
    with EmbeddedLog(disk / "log", LogSettings()) as log:
        log.create_topic(TOPIC, 1)
        while True:
            try:
                log.append([RECORD]).result()
            except LogError as error:
                refused = error
                break
            acknowledged += 1
        ballast.unlink()
        log.append([RECORD]).result()
    with EmbeddedLog(disk / "log", LogSettings()) as log:
        kept = len(log.read(TOPIC, 0, 0, 1_000_000))
    told = {"refused": str(refused), "retry_after_seconds": refused.retry_after_seconds}
    print(json.dumps({"acknowledged": acknowledged, "kept": kept, **told}))


if __name__ == "__main__":
    main()
