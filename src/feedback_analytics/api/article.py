"""One article as the read API tells it: facts, counts with intervals and verdict, sections, versions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from feedback_analytics.analytics import Answers, last_days
from feedback_analytics.api.forms import plain

FACTS = (
    "article_id",
    "article_version",
    "title",
    "url",
    "topic",
    "author",
    "language",
    "ai_generated",
    "published_at",
    "first_published_at",
)
COUNTS = (
    "votes",
    "useful",
    "useful_share",
    "useful_share_low",
    "useful_share_high",
    "running_low",
    "running_high",
    "reference_share",
    "verdict",
    "votes_needed",
)
SECTION = ("section_id", "heading", "kind", "position", "is_current", *COUNTS)
VERSION = ("article_version", "published_at")

_NO_SHARE = ("useful_share", "useful_share_low", "useful_share_high", "running_low", "running_high")
# Empty below 10 votes, as in every answer.
_WHOLE = {"article_version", "position", "votes", "useful", "votes_needed"}


def article_document(answers: Answers, article_id: str, now: datetime) -> dict[str, Any] | None:
    """All that is known of an article, of all its votes, from one snapshot; None when it is unknown."""
    with answers.on_one_snapshot():
        facts = answers.article(article_id)
        if facts.empty:
            return None
        fresh = answers.freshness().iloc[0]
        period = last_days(
            None, now=now, first_vote_at=fresh["first_vote_hour"], newest_vote_at=fresh["newest_vote_hour"]
        )
        rows = answers.articles(period)
        counted = rows[rows["article_id"] == article_id]
        sections, versions = answers.outline(article_id, period), answers.article_versions(article_id)
    return {
        **_told(facts.iloc[0], FACTS),
        "counts": None if counted.empty else _counts(counted.iloc[0], COUNTS),
        "sections": [_counts(row, SECTION) for _, row in sections.iterrows()],
        "versions": [_told(row, VERSION) for _, row in versions.iterrows()],
        "as_of": plain(fresh["as_of"]),
    }


def _counts(row: pd.Series[Any], names: tuple[str, ...]) -> dict[str, Any]:
    told = _told(row, names)
    return told | dict.fromkeys(_NO_SHARE) if row["verdict"] == "too_few" else told


def _told(row: Mapping[str, Any] | pd.Series[Any], names: tuple[str, ...]) -> dict[str, Any]:
    told = {name: plain(row[name]) for name in names}
    # pandas makes a column of whole numbers with gaps a column of fractions.
    return {name: int(value) if name in _WHOLE and value is not None else value for name, value in told.items()}
