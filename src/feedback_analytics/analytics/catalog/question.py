"""Question: what can be asked, with which parameters, and which columns its table has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from feedback_analytics.analytics.intervals import running_interval, wilson_interval
from feedback_analytics.analytics.parameters import Kind, Parameter
from feedback_analytics.analytics.scope import Scope
from feedback_analytics.analytics.verdicts import LEVEL, MIN_VOTES, verdicts, votes_needed
from feedback_analytics.errors import QueryError


@dataclass(frozen=True)
class Column:
    """A column of an answer: its name, its unit or type, and what it holds.

    may_be_empty matters to counts and to yes or no only: shares, numbers, times and texts may always be missing.
    """

    name: str
    unit: str
    meaning: str
    may_be_empty: bool = False

    @property
    def dtype(self) -> str:
        """Its type in pandas, the same for every answer, with rows or without."""
        match self.unit:
            case "count":
                return "Int64" if self.may_be_empty else "int64"
            case "share" | "number":
                return "float64"
            case "time":
                return "datetime64[us, UTC]"
            case "yes or no":
                return "boolean" if self.may_be_empty else "bool"
            case _:
                return "object"


@dataclass(frozen=True)
class Question:
    """A question: its name, the sentence it answers, its SQL files, parameters and columns, and how it is answered.

    answer takes the scope and the values of all parameters; its table has at least the columns, and a total order of
    rows, and `noting` gives it sentences that must go with it; all of its attrs go with the answer. by_receipt: the
    period is about when the log took the events, not about when readers answered. refuses: common filters that mean
    nothing here, and why.
    """

    name: str
    asks: str
    reads: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    answer: Callable[[Scope, Mapping[str, Any]], pd.DataFrame]
    by_receipt: bool = False
    refuses: Mapping[str, str] = field(default_factory=dict)

    def table(self, scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
        """The answer with exactly the columns, in their order, each of its type; missing texts are None."""
        _refuse_sections_of_articles(values)
        answer = self.answer(scope, values)
        table = pd.DataFrame({column.name: _typed(answer[column.name], column.dtype) for column in self.columns})
        table.attrs = dict(answer.attrs)
        table.attrs["notes"] = [*self._least_votes_told(values), *answer.attrs.get("notes", [])]
        return table

    def _least_votes_told(self, values: Mapping[str, Any]) -> list[str]:
        """What min_votes left out, where it was set."""
        least = values.get("min_votes", 1)
        return [
            f"min_votes = {least:,}: {one.meaning}" for one in self.parameters if one.name == "min_votes" and least > 1
        ]

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]


def _refuse_sections_of_articles(values: Mapping[str, Any]) -> None:
    """An empty table would read as if nobody had voted."""
    of = values.get("of")
    for name in ("kind", "section_id"):
        if values.get(name) is not None and of in ("articles", "topics", "authors"):
            raise QueryError(
                f"{name} chooses sections, and of = {of} counts votes for articles as a whole: set of = sections, "
                f"or leave {name} out."
            )


def noting(table: pd.DataFrame, *notes: str) -> pd.DataFrame:
    """The table with sentences in its attrs, which go wherever the answer goes; empty ones are none."""
    table = table.copy(deep=False)
    table.attrs["notes"] = [*table.attrs.get("notes", []), *filter(None, notes)]
    return table


def _typed(values: pd.Series[Any], dtype: str) -> pd.Series[Any]:
    if dtype == "object":
        texts = values.astype(object)
        return texts.where(texts.notna(), None)
    return values.astype(dtype)


def least_votes(meaning: str) -> Parameter:
    """min_votes: the same name everywhere; what has too few votes, and what becomes of it, its meaning says."""
    return Parameter("min_votes", Kind.COUNT, meaning, default=1, least=1)


LEAST_VOTES = least_votes("Rows with fewer votes are left out; what the others are compared with stays as it is.")
LEAST_VOTES_OF_TARGETS = least_votes("Only articles and sections with at least so many votes in the period count.")

NAMES = (
    Column("article_id", "id", "publisher's id of the article"),
    Column("section_id", "id", "publisher's id of the section; empty for the article as a whole"),
)
COUNTED = (
    Column("votes", "count", "votes that stand, one per reader and target"),
    Column("useful", "count", "of those, useful"),
)
SHARE = (
    Column("useful_share", "share", "useful / votes; empty below 10 votes"),
    Column("useful_share_low", "share", "lower bound of the 95 % Wilson interval, for one look"),
    Column("useful_share_high", "share", "upper bound of the 95 % Wilson interval, for one look"),
)
RUNNING = (
    Column("running_low", "share", "lower bound of the 95 % interval that holds however often one looks"),
    Column("running_high", "share", "upper bound of the 95 % interval that holds however often one looks"),
)
VERDICT = (
    Column("reference_share", "share", "what the share is compared with"),
    Column("verdict", "word", "better, worse, close, unsure or too_few; from the running interval"),
    Column("votes_needed", "count", "more votes until a verdict, if the share stays as it is; empty above 5,000", True),
)


def with_share(table: pd.DataFrame) -> pd.DataFrame:
    """The table with SHARE; below 10 votes no share is told."""
    interval = wilson_interval(table["useful"], table["votes"], LEVEL)
    told = (table["votes"] >= MIN_VOTES).to_numpy(dtype=bool)
    share = table["useful"].to_numpy(dtype=np.float64) / np.maximum(table["votes"].to_numpy(dtype=np.float64), 1)
    return table.assign(
        useful_share=np.where(told, share, np.nan),
        useful_share_low=np.where(told, interval.low, np.nan),
        useful_share_high=np.where(told, interval.high, np.nan),
    )


def with_verdict(table: pd.DataFrame, reference_share: object) -> pd.DataFrame:
    """The table with SHARE, RUNNING and VERDICT against a reference: one share, or one per row."""
    counts, reference = (table["useful"], table["votes"]), np.asarray(reference_share, dtype=np.float64)
    running, needed = running_interval(*counts, LEVEL), votes_needed(*counts, reference)
    told = (table["votes"] >= MIN_VOTES).to_numpy(dtype=bool)
    return with_share(table).assign(
        running_low=np.where(told, running.low, np.nan),
        running_high=np.where(told, running.high, np.nan),
        reference_share=reference_share,
        verdict=[str(verdict) for verdict in verdicts(*counts, reference, running)],
        votes_needed=np.where(np.isinf(needed), np.nan, needed),
    )
