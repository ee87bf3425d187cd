"""Visit: all that a page is made from. The same visit makes the same page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from feedback_analytics.analytics import Look, question_named
from feedback_analytics.dashboard.address import COMMON_NAMES, DEFAULT_DAYS, Address
from feedback_analytics.dashboard.live import Live
from feedback_analytics.dashboard.themes import ThemeName
from feedback_analytics.errors import StoreError

LASTING_SECONDS = 60.0
"""How old an answer may be that takes long and moves slowly, such as what fell. Its as-of says so."""


@dataclass(frozen=True)
class Visit:
    """Who asks for what, when. now: aware UTC. stale_seconds: age of waiting events from which a page is stale.

    store: the state of the store that is looked at; None when it cannot be read. zone: the newsroom's.
    kept_rows: the rows of each table in the order that the visitor sees, to be kept; empty to order them anew.
    waits_for_slow: draw what takes long too; else it is left as a card that is still counted.
    """

    store: Look | None
    address: Address
    theme: ThemeName
    now: datetime
    live: Live
    stale_seconds: float
    zone: ZoneInfo
    kept_rows: Mapping[str, Sequence[str]] = field(default_factory=dict)
    waits_for_slow: bool = True

    @property
    def is_stale(self) -> bool:
        return self.live.waiting_seconds(self.now) > self.stale_seconds and "as_of" not in self.address.state

    @property
    def look(self) -> Look:
        """The state of the store that is looked at. Raises StoreError when it cannot be read."""
        if self.store is None:
            raise StoreError("the store cannot be read.")
        return self.store

    @property
    def as_of(self) -> dict[str, Any]:
        """The as-of of the address, for questions that are asked without its filters."""
        return {"as_of": self.address.state["as_of"]} if "as_of" in self.address.state else {}

    def ask(self, question: str, *, lasting_seconds: float = 0.0, **own: Any) -> pd.DataFrame:
        """The answer for the period, filters and as-of of the address, as far as the question takes them."""
        return self.look.ask(question, lasting_seconds=lasting_seconds, **self.asked(question, **own))

    def asked(self, question: str, **own: Any) -> dict[str, object]:
        """The parameters with which `ask` asks. own ones go before those of the address; None: not set."""
        taken = {parameter.name for parameter in question_named(question).parameters}
        given: dict[str, object] = {
            name: self.address.state[name] for name in COMMON_NAMES if name in self.address.state
        }
        if "since" not in given:
            given.setdefault("days", DEFAULT_DAYS)
        given |= own
        if given.get("of") in ("articles", "topics", "authors"):
            # These choose sections, and here articles as a whole are counted.
            given.pop("kind", None)
            given.pop("section_id", None)
        return {name: value for name, value in given.items() if name in taken and value is not None}
