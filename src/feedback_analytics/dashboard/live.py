"""What the page knows beside the store: how far the log is ahead of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Live:
    """How far the store is behind the log at this moment.

    behind_records: records in the log that the store does not have; None when the log cannot be seen from here.
    oldest_waiting_at: when the log took the oldest of them (aware UTC); None when none waits.
    """

    behind_records: int | None = None
    oldest_waiting_at: datetime | None = None

    def waiting_seconds(self, now: datetime) -> float:
        """How long the oldest record has waited; 0 when none waits."""
        return (now - self.oldest_waiting_at).total_seconds() if self.oldest_waiting_at else 0.0
