"""One article as the read API tells it: facts, counts with intervals and verdict, sections, versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from feedback_analytics.analytics import Look, Verdict
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


def article_counts(look: Look, article_id: str) -> pd.Series[Any] | None:
    """The article's row among all articles, of all their votes; None when nobody voted for it as a whole."""
    ranking = look.ask("ranking", days="all")
    rows = ranking[ranking["article_id"] == article_id]
    return None if rows.empty else rows.iloc[0]


def is_known(look: Look, article_id: str) -> bool:
    """Whether it was announced, or voted on, itself or in a section."""
    if not look.ask("articles", article_id=article_id).empty:
        return True
    return any(
        not look.ask("ranking", of=of, days="all", article_id=article_id).empty for of in ("articles", "sections")
    )


def article_document(look: Look, article_id: str) -> dict[str, Any] | None:
    """All that is known of an article, of all its votes, from one snapshot; None when it is unknown."""
    counted, announced = article_counts(look, article_id), look.ask("articles", article_id=article_id)
    ranked = look.ask("ranking", of="sections", days="all")
    sections = _sections(look.ask("article_sections", article_id=article_id), ranked, article_id)
    if counted is None and announced.empty and sections.empty:
        return None
    versions = look.ask("article_versions", article_id=article_id)
    facts = {"article_id": article_id, "title": article_id} if announced.empty else announced.iloc[0]
    return {
        **_told(facts, FACTS),
        "counts": None if counted is None else _counts(counted, COUNTS),
        "sections": [_counts(row, SECTION) for _, row in sections.iterrows()],
        "versions": [_told(row, VERSION) for _, row in versions.iterrows()],
        "as_of": plain(ranked.attrs["as_of"]),
    }


def _sections(announced: pd.DataFrame, ranked: pd.DataFrame, article_id: str) -> pd.DataFrame:
    """Its sections, announced or voted on, in the order of reading; those without votes have 0 of 0.

    is_current: the newest version has it, or nothing was announced.
    """
    voted = ranked[ranked["article_id"] == article_id][["section_id", "heading", "kind", *COUNTS]]
    rows = announced.merge(voted, on="section_id", how="outer", suffixes=("", "_voted"))
    rows = rows.assign(
        heading=rows["heading"].fillna(rows["heading_voted"]),
        kind=rows["kind"].fillna(rows["kind_voted"]),
        is_current=rows["is_current"].astype("boolean").fillna(announced.empty).astype(bool),
        votes=rows["votes"].fillna(0),
        useful=rows["useful"].fillna(0),
        verdict=rows["verdict"].fillna(Verdict.TOO_FEW),
    )
    typical = ranked.drop_duplicates("kind").set_index("kind")["reference_share"]
    rows["reference_share"] = rows["reference_share"].fillna(rows["kind"].map(typical))
    return rows.sort_values(["position", "section_id"], na_position="last")


def _counts(row: pd.Series[Any], names: tuple[str, ...]) -> dict[str, Any]:
    told = _told(row, names)
    return told | dict.fromkeys(_NO_SHARE) if row["verdict"] == "too_few" else told


def _told(row: Mapping[str, Any] | pd.Series[Any], names: tuple[str, ...]) -> dict[str, Any]:
    told = {name: plain(row.get(name)) for name in names}
    # pandas makes a column of whole numbers with gaps a column of fractions.
    return {name: int(value) if name in _WHOLE and value is not None else value for name, value in told.items()}
