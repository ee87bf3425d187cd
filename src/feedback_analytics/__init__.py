"""Readers' votes on articles and sections: taken in, counted once each, and shown with how sure they are.

import feedback_analytics

lake = feedback_analytics.connect("data")
lake.sql("from mart.article_usefulness order by votes desc").df()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from feedback_analytics.store import Reader

__version__ = "0.1.0"

__all__ = ["__version__", "connect"]


def connect(place: str | Path) -> Reader:
    """The store of a data directory, a lake folder or a store URL, read-only, also while the service runs.

    Raises SettingsError when there is no store at that place.
    """
    from feedback_analytics.store import open_reader  # DuckDB takes 0.3 s to import; `feedback --help` does without

    return open_reader(place, confined=False)
