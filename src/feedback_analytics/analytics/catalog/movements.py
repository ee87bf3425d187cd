"""The question how often readers change their minds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from feedback_analytics.analytics.catalog.question import LEAST_VOTES, NAMES, Column, Question
from feedback_analytics.analytics.filters import COMMON
from feedback_analytics.analytics.parameters import Kind, Parameter
from feedback_analytics.analytics.scope import Scope
from feedback_analytics.analytics.verdicts import MIN_VOTES


def changes_of_mind(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """How often readers changed or took back their answers, target by target."""
    rows = scope.mind_changes()
    is_section = values["of"] == "sections"
    rows = rows[rows["section_id"].notna() == is_section]
    changed = rows["to_useful"] + rows["to_not_useful"] + rows["taken_back"]
    told = rows["answers"] >= MIN_VOTES
    rows = rows.assign(changes=changed, changed_share=(changed / rows["answers"]).where(told))
    rows = rows[rows["answers"] >= values["min_votes"]]
    order = ["changes", "answers", "article_id", "section_id"]
    return rows.sort_values(order, ascending=[False, False, True, True], kind="stable").reset_index(drop=True)


QUESTIONS = (
    Question(
        "changes_of_mind",
        "How often do readers change or take back their answers?",
        ("mind_changes",),
        (
            *COMMON,
            Parameter(
                "of",
                Kind.CHOICE,
                "Articles as a whole, or sections.",
                choices=("articles", "sections"),
                default="articles",
            ),
            LEAST_VOTES,
        ),
        (
            *NAMES,
            Column("title", "text", "title of the article"),
            Column("heading", "text", "heading of the section"),
            Column("answers", "count", "answers given in the period, retractions included"),
            Column("changes", "count", "answers that changed or took back an earlier one"),
            Column("changed_share", "share", "changes / answers; empty below 10 answers"),
            Column("to_useful", "count", "changed from not useful to useful"),
            Column("to_not_useful", "count", "changed from useful to not useful"),
            Column("taken_back", "count", "taken back"),
            Column("repeated", "count", "said again what the reader had said before"),
        ),
        changes_of_mind,
    ),
)
