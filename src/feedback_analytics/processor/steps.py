"""Steps: what the processor is doing now, and what each step costs."""

from __future__ import annotations

import time
from collections import defaultdict
from enum import StrEnum
from typing import Protocol


class Step(StrEnum):
    """The named steps of a batch's way, in order; the time between two batches is `fetch`."""

    FETCH = "fetch"
    PREPARE = "prepare"
    READ_INDEX = "read index"
    PROJECT = "project"
    MOVE = "move"
    COLUMNS = "columns"
    TRANSACTION = "transaction"
    BETWEEN = "between store and index"
    WRITE_INDEX = "write index"


class Steps(Protocol):
    """Told each time a step begins."""

    def enter(self, step: Step) -> None: ...


class StepClock:
    """Adds up seconds of wall and CPU time (all threads of the process) by step."""

    def __init__(self) -> None:
        self.wall_seconds: dict[Step, float] = defaultdict(float)
        self.cpu_seconds: dict[Step, float] = defaultdict(float)
        self._step = Step.FETCH
        self._since = (time.perf_counter(), time.process_time())

    def enter(self, step: Step) -> None:
        now = (time.perf_counter(), time.process_time())
        self.wall_seconds[self._step] += now[0] - self._since[0]
        self.cpu_seconds[self._step] += now[1] - self._since[1]
        self._step, self._since = step, now
