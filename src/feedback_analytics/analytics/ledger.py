"""The ledger's rule: every record that was received has exactly one outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

OUTCOMES = ("stored", "duplicate", "dead", "moved")


def sums_of_ledger(table: pd.DataFrame) -> dict[str, int]:
    """Rows of the question `ledger` added up: received, and each outcome."""
    return {name: int(table[name].sum()) for name in ("received", *OUTCOMES)}


def balances(row: Mapping[str, Any]) -> bool:
    """Whether as many records have an outcome as were received."""
    return bool(row["received"] == sum(row[name] for name in OUTCOMES))
