"""Makes an alert: the drops that one telling told, from the same answer whenever it is made."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from feedback_analytics.analytics import Lake, numbers, rows_about, sentences
from feedback_analytics.errors import QueryError
from feedback_analytics.reports.making import Report, moved, span_text

MOST_TOLD = 10
"""Drops that an alert names; how many more there are is said."""

TOLD = """
select family, article_id, section_id, topic, window_since, window_until, positions
from mart.told_drops
where telling_id = $telling_id
"""


def make_alert(lake: Lake, telling_id: str) -> Report:
    """The alert of a telling (mart.told_drops.telling_id), made from the positions that it was decided on.

    Raises QueryError when nothing was told by it.
    """
    told = lake.sql(TOLD, {"telling_id": telling_id}).to_arrow_table().to_pylist()
    if not told:
        raise QueryError(f"no drop was told by the telling {telling_id[:64]}.")
    targets = {tuple(row[name] for name in ("family", "article_id", "section_id", "topic")) for row in told}
    since, until, positions = (told[0][name] for name in ("window_since", "window_until", "positions"))
    answer = lake.ask("drops", as_of=positions)
    fallen = rows_about(answer, targets)
    chapter = moved("What fell", fallen, sentences.drop, MOST_TOLD)
    foot = f"{chapter.foot}; each drop is told once, and again only after it recovered"
    return Report(
        f"Alert: {_what(fallen['family'])} fell",
        span_text(since, until, lake.zone),
        since,
        until,
        lake.zone,
        answer.attrs["as_of"],
        positions,
        f"feedback ask drops --as-of '{positions}'",
        (),
        (replace(chapter, foot=foot),),
    )


def _what(families: pd.Series) -> str:
    """`2 articles and 1 topic`."""
    counts = [(int((families == noun).sum()), noun) for noun in ("article", "section", "topic")]
    named = [numbers.counted(count, noun) for count, noun in counts if count]
    return " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
