"""Questions about what was written beside the votes: moments marked, views saved, reports and alerts sent."""

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


def deliveries(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """What the service sent by itself, as it stood."""
    return _written(scope, "deliveries")


def _written(scope: Scope, question: str, **bound: object) -> pd.DataFrame:
    """The rows after as many entries as were known; the answer's positions name them, as no vote comes with them."""
    entries = scope.entries(question)
    table = scope.written(question, entries, **bound)
    table.attrs["positions"] = with_notes(scope.known.text, entries, question)
    return table


_NO_VOTES = {"min_votes": "its rows are what was written beside the votes"}
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
    Question(
        "deliveries",
        "Which reports and alerts did the service send by itself, and which could not be sent yet?",
        ("deliveries", "deliveries_known"),
        AS_OF,
        (
            Column("kind", "word", "report or alert"),
            Column("name", "text", "of a report day, week or month; of an alert the id of its telling"),
            Column("since", "time", "first moment of what it tells of"),
            Column("until", "time", "first moment after that"),
            Column("way", "word", "mail or webhook"),
            Column("state", "word", "sent; failed: it is tried again; begun: on its way, or its sender died"),
            Column("tries", "count", "how often it was begun"),
            Column("begun_at", "time", "when it was begun first"),
            Column("written_at", "time", "when its state was written"),
            Column("told", "text", "of what was sent to whom, with a mail's Message-ID; of a failure the reason"),
            Column("made_from", "text", "the positions it is made from"),
        ),
        deliveries,
        refuses=_NO_VOTES,
    ),
)
