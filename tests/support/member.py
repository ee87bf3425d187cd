"""A member of the workers' group that stores nothing: `python -m tests.support.member DATA NAME`, the broker as set.

For tests of how partitions are dealt out. Each line it prints: rebalances so far, and the votes' partitions it holds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from feedback_analytics.contract import VOTES_TOPIC
from feedback_analytics.log import EventLog, open_log
from feedback_analytics.processor import Batch
from feedback_analytics.settings import read_settings
from feedback_analytics.stream import WorkerState, run_worker


class StoresNothing:
    """Takes what comes, from the log's end on."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.positions: dict[tuple[str, int], int] = {}
        self.stopped: dict[tuple[str, int], str] = {}

    def claim(self, places: set[tuple[str, int]]) -> dict[tuple[str, int], int]:
        self.positions = {(topic, at): self._log.ranges(topic)[at].next for topic, at in places}
        return dict(self.positions)

    def process(self, batches: Sequence[Batch]) -> None:
        self.positions.update({batch.place: batch.next_offset for batch in batches})


def tell(state: WorkerState) -> None:
    held = sorted(partition for topic, partition in state.positions if topic == VOTES_TOPIC)
    print(state.rebalances, *held, flush=True)


def main() -> None:
    folder, name = sys.argv[1:]
    settings = read_settings({"data_dir": folder, "worker_name": name, "broker_url": os.environ["FEEDBACK_BROKER_URL"]})
    with open_log(settings) as log:
        run_worker(settings, StoresNothing(log), log, on_state=tell)


if __name__ == "__main__":
    main()
