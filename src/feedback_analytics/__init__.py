"""Readers' votes on articles and sections: taken in, counted once each, and shown with how sure they are.

import feedback_analytics

lake = feedback_analytics.connect("data")
lake.ask("ranking", of="sections", days=90)
lake.sql("from mart.article_usefulness order by votes desc").df()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from feedback_analytics.analytics import Lake

__version__ = "0.1.0"

__all__ = ["__version__", "connect"]


def connect(place: str | Path, *, time_zone: str = "UTC") -> Lake:
    """The store of a data directory, a lake folder or a store URL, read-only, also while the service runs.

    time_zone: where days and weeks are cut, such as Europe/Berlin; give the newsroom's, as the service's setting does.
    Raises SettingsError when there is no store at that place, QueryError when there is no such time zone.
    """
    # DuckDB takes 0.3 s to import and SciPy as much; `feedback --help` does without.
    from feedback_analytics.analytics import Lake
    from feedback_analytics.store import open_reader

    reader = open_reader(place, confined=False)
    try:
        return Lake(reader, time_zone=time_zone)
    except BaseException:
        reader.close()
        raise
