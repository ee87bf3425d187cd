"""Rebalances, as Faust's sensors tell of them: how long the worker had no partitions to work on."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import faust


class RebalanceClock(faust.Sensor):
    """Tells how long each rebalance took: from losing the partitions until the new ones are fetched.

    One that begins while another runs is part of it. The first assignment of a worker counts as well.
    """

    def __init__(self, on_end: Callable[[float], None], clock: Callable[[], float] = time.monotonic) -> None:
        """on_end is told the seconds; it is called on the app's event loop."""
        super().__init__()
        self._on_end, self._clock = on_end, clock
        self._began_at: float | None = None

    def on_rebalance_start(self, app: Any) -> dict[str, Any]:
        """Comes from the consumer's thread."""
        if self._began_at is None:
            self._began_at = self._clock()
        return {}

    def on_rebalance_end(self, app: Any, state: dict[str, Any]) -> None:
        if self._began_at is not None:
            seconds, self._began_at = self._clock() - self._began_at, None
            self._on_end(seconds)
