"""Visit: all that a page is made from. The same visit makes the same page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from feedback_analytics.analytics import Answers
from feedback_analytics.dashboard.address import Address
from feedback_analytics.dashboard.live import Live
from feedback_analytics.dashboard.themes import ThemeName


@dataclass(frozen=True)
class Visit:
    """Who asks for what, when. now: aware UTC. stale_seconds: age of waiting events from which a page is stale.

    kept_rows: the rows of each table in the order that the visitor sees, to be kept; empty to order them anew.
    """

    answers: Answers
    address: Address
    theme: ThemeName
    now: datetime
    live: Live
    stale_seconds: float
    kept_rows: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def is_stale(self) -> bool:
        return self.live.waiting_seconds(self.now) > self.stale_seconds
