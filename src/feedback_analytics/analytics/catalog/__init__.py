"""The catalog of questions: all that can be asked, by name, with parameters, columns and how each is answered."""

from __future__ import annotations

import difflib

from feedback_analytics.analytics.catalog import comparisons, drops, movements, notes, records, usefulness
from feedback_analytics.analytics.catalog.drops import rows_about
from feedback_analytics.analytics.catalog.question import Column, Question
from feedback_analytics.errors import QueryError

__all__ = ["QUESTIONS", "Column", "Question", "question_named", "rows_about"]

QUESTIONS: tuple[Question, ...] = (
    *usefulness.QUESTIONS,
    *comparisons.QUESTIONS,
    *drops.QUESTIONS,
    *movements.QUESTIONS,
    *records.QUESTIONS,
    *notes.QUESTIONS,
)


def question_named(name: str) -> Question:
    """The question of that name. Raises QueryError with the nearest name and all names."""
    for question in QUESTIONS:
        if question.name == name:
            return question
    names = [question.name for question in QUESTIONS]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise QueryError(f"there is no question {name[:60]!r}.{hint} There are {', '.join(names)}.")
