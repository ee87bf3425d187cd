"""A worker in a process of its own that writes down the step it is in: `python -m tests.support.worker DATA [HOLD]`.

The step stands in DATA/step at any time, so that a test knows where a kill hit. HOLD names a step at which the worker
stands still once records have come, to be killed right there.
Maintenance is due all the time. The log is on Kafka when FEEDBACK_BROKER_URL says so, and transactions are as small as
FEEDBACK_WORKER_MAX_BATCH_RECORDS says.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from feedback_analytics.processor import Step
from feedback_analytics.stream import run_worker
from tests.support.house import House

MAINTENANCE = "maintenance"
STEP_BYTES = 32


class NotedSteps:
    """Writes each step to a file as it begins, and stands still at one of them."""

    def __init__(self, file: Path, hold: str) -> None:
        self._handle = os.open(file, os.O_RDWR | os.O_CREAT)
        self._hold = hold
        self._has_begun = False

    def enter(self, step: str) -> None:
        self._has_begun |= step == Step.PREPARE
        os.pwrite(self._handle, step.ljust(STEP_BYTES).encode(), 0)
        if self._has_begun and step == self._hold:
            time.sleep(3600)  # until the test kills this process


def noted_step(folder: Path) -> str:
    """The step a worker on this data directory is in, or was killed in."""
    file = folder / "step"
    return file.read_text().strip() if file.exists() else ""


def main() -> None:
    folder, hold = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    steps = NotedSteps(folder / "step", hold)
    flags = {
        "store.maintenance_seconds": 0.001,
        "broker_url": os.environ.get("FEEDBACK_BROKER_URL"),
        "worker.max_batch_records": os.environ.get("FEEDBACK_WORKER_MAX_BATCH_RECORDS"),
    }
    with House(folder, steps=steps, flags=flags) as house:

        def idle() -> None:
            steps.enter(MAINTENANCE)
            house.writer.run_due_jobs()
            steps.enter("idle")

        run_worker(house.settings, house.processor, house.log, idle=idle)


if __name__ == "__main__":
    main()
