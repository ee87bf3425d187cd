"""Questions about what people wrote beside the votes: moments that they marked, views that they saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from feedback_analytics.analytics.catalog.question import Column, Question
from feedback_analytics.analytics.filters import AS_OF, TARGETS
from feedback_analytics.analytics.positions import with_notes
from feedback_analytics.analytics.scope import Scope


def marked_moments(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """The moments that people marked, as they stood."""
    return _written(scope, "annotations", article_id=scope.filters.article_id)


def saved_views(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """The views that people saved, as they stood."""
    return _written(scope, "saved_views")


def _written(scope: Scope, question: str, **bound: object) -> pd.DataFrame:
    """The rows after as many entries as were known; the answer's positions name them, as no vote comes with them."""
    entries = scope.entries(question)
    table = scope.written(question, entries, **bound)
    table.attrs["positions"] = with_notes(scope.known.text, entries, question)
    return table


_NO_VOTES = {"min_votes": "its rows are what people wrote, and not votes"}
QUESTIONS = (
    Question(
        "annotations",
        "Which moments did people mark, and what happened then?",
        ("annotations", "annotations_known"),
        (*TARGETS[:1], *AS_OF),
        (
            Column("annotation_id", "id", "id of the annotation"),
            Column("marked_at", "time", "the moment that is marked"),
            Column("note", "text", "what happened then, in the words of the person"),
            Column("article_id", "id", "publisher's id of the article that it is about; empty for all"),
            Column("written_at", "time", "when this was written"),
        ),
        marked_moments,
        refuses=_NO_VOTES,
    ),
    Question(
        "saved_views",
        "Which views of the pages did people save?",
        ("saved_views", "saved_views_known"),
        AS_OF,
        (
            Column("name", "text", "name of the view"),
            Column("address", "text", "path and query of the page"),
            Column("written_at", "time", "when it was saved"),
        ),
        saved_views,
        refuses=_NO_VOTES,
    ),
)
