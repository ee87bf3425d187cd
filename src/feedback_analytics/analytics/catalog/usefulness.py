"""Questions about how useful readers find articles, sections and groups of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from feedback_analytics.analytics.catalog.question import (
    COUNTED,
    LEAST_VOTES,
    LEAST_VOTES_OF_TARGETS,
    RUNNING,
    SHARE,
    VERDICT,
    Column,
    Question,
    least_votes,
    noting,
    with_share,
    with_verdict,
)
from feedback_analytics.analytics.differences import difference_interval
from feedback_analytics.analytics.filters import COMMON, KIND_ORDER
from feedback_analytics.analytics.intervals import running_interval
from feedback_analytics.analytics.parameters import Kind, Parameter
from feedback_analytics.analytics.periods import same_time_before, weeks_before
from feedback_analytics.analytics.scope import Scope
from feedback_analytics.analytics.shrinkage import chance_above, group_priors, shrunk_interval, shrunk_share
from feedback_analytics.analytics.verdicts import LEVEL, MIN_VOTES, typical_share

OF_WHAT = ("articles", "sections", "kinds", "topics", "authors")
BANDS = 20
"""Of the distribution: each is 5 points wide."""

LATE_AFTER = timedelta(hours=1)
"""A vote is late when the log took it longer than this after its step's end. Retries mostly take less."""

LATE_RECORDS = 2_000_000
"""In the period, up to which late votes are counted unasked: 0.3 million took 40 ms, 3.1 million 125 ms."""

_FACTS = (
    Column("article_id", "id", "publisher's id of the article"),
    Column("section_id", "id", "publisher's id of the section; empty for the article as a whole"),
    Column("title", "text", "title of the article's newest version; its id until it is announced"),
    Column("heading", "text", "heading of the section"),
)


def overview(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """Articles and sections in the period, each beside the same number of whole weeks before."""
    scope = scope.of_targets_with(values["min_votes"])
    before = scope.during(weeks_before(scope.period, scope.zone))
    now_rows, before_rows = scope.totals(), before.totals()
    table = with_share(now_rows).assign(
        readers=scope.readers() if values["with_readers"] else pd.NA,
        votes_before=before_rows["votes"],
        useful_before=before_rows["useful"],
        before_since=pd.Timestamp(before.period.since),
        before_until=pd.Timestamp(before.period.until),
    )
    told = (table["votes"] >= MIN_VOTES) & (table["votes_before"] >= MIN_VOTES)
    change = difference_interval(table["useful"], table["votes"], table["useful_before"], table["votes_before"], LEVEL)
    difference = table["useful"] / table["votes"].where(told) - table["useful_before"] / table["votes_before"].where(
        told
    )
    return table.assign(
        readers=table["readers"].astype("Int64"),
        difference=difference.astype(np.float64),
        difference_low=np.where(told, change.low, np.nan),
        difference_high=np.where(told, change.high, np.nan),
    )


def ranking(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """Targets in the order of their shrunk share, each with its verdict against the typical one."""
    of = values["of"]
    rows = _ranked_rows(scope, of)
    typical = _typical(rows, of)
    table = with_verdict(rows, typical)
    prior = group_priors(rows["useful"], rows["votes"], _groups(rows, of))
    shrunk = shrunk_interval(rows["useful"], rows["votes"], prior, LEVEL)
    table = table.assign(
        shrunk_share=shrunk_share(rows["useful"], rows["votes"], prior),
        shrunk_low=shrunk.low,
        shrunk_high=shrunk.high,
        chance_above_typical=chance_above(rows["useful"], rows["votes"], prior, typical),
    )
    table = table[table["votes"] >= values["min_votes"]]
    names = ["article_id", "section_id", "group"]
    descending = values["order"] != "worst"
    key = "votes" if values["order"] == "votes" else "shrunk_share"
    table = table.sort_values([key, *names], ascending=[not descending, True, True, True], kind="stable")
    return table.reset_index(drop=True)


def _ranked_rows(scope: Scope, of: str) -> pd.DataFrame:
    """One row per target or group, with the columns that name it."""
    if of == "articles":
        return scope.articles().assign(group=None, targets=1)
    sections = scope.sections() if of in ("sections", "kinds") else scope.articles()
    if of == "sections":
        return sections.assign(group=None, targets=1)
    column = {"kinds": "kind", "topics": "topic", "authors": "author"}[of]
    named = sections[sections[column].notna()]
    grouped = named.groupby(column, sort=True).agg(
        targets=("votes", "size"), votes=("votes", "sum"), useful=("useful", "sum")
    )
    rows = grouped.reset_index(names="group")
    blank = dict.fromkeys(("article_id", "section_id", "title", "heading", "kind", "topic", "author"))
    return rows.assign(**blank, ai_generated=None)


def _typical(rows: pd.DataFrame, of: str) -> Any:
    """The share of the middle target; of sections, the middle one of the same kind."""
    if of == "sections":
        by_kind = {kind: typical_share(some["useful"], some["votes"]) for kind, some in rows.groupby("kind")}
        return rows["kind"].map(by_kind).to_numpy(dtype=np.float64)
    return typical_share(rows["useful"], rows["votes"])


def _groups(rows: pd.DataFrame, of: str) -> np.ndarray[Any, Any]:
    """What a row is drawn towards: articles their topic, sections their kind, groups all groups."""
    column = {"articles": "topic", "sections": "kind"}.get(of)
    return np.zeros(len(rows)) if column is None else rows[column].fillna("").to_numpy(dtype=str)


def trend(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """Votes and shares step by step, with the votes that came late and the versions published in each."""
    scope = scope.of_targets_with(values["min_votes"])
    step = values["step"] or scope.period.step
    with_late = values["with_late"]
    if with_late is None:
        with_late = scope.records_expected() <= LATE_RECORDS
    of_sections = values["of"] == "sections"
    steps = scope.steps(step, of_sections=of_sections, late_after=LATE_AFTER if with_late else None)
    table = with_share(steps if with_late else steps.assign(late_votes=pd.NA))
    begin, end = pd.Timestamp(scope.period.since), pd.Timestamp(scope.period.until)
    published = _editions(scope)
    published = published[published.between(begin, end, inclusive="left")]
    place = np.searchsorted(table["ends_at"].to_numpy(), published.to_numpy(), side="right")
    is_within = (table["step_at"] >= begin) & (table["ends_at"] <= end)
    table = _beside_before(table, scope, step, of_sections=of_sections) if values["with_before"] else _alone(table)
    as_of = scope.known.as_of
    table = table.assign(
        is_whole=is_within & (table["ends_at"] <= pd.Timestamp(as_of)) if as_of else False,
        versions_published=np.bincount(place, minlength=len(table)),
    )
    return noting(table, _late_note(table, step) if with_late else _LATE_NOT_COUNTED)


_LATE_NOT_COUNTED = "Votes that came late are counted where they belong; how many they are is told with_late = yes."


def _late_note(table: pd.DataFrame, step: str) -> str:
    """What the foot says of votes that came late; empty when there are none."""
    late, votes = int(table["late_votes"].sum()), int(table["votes"].sum())
    if not late:
        return ""
    came = f"{late:,} of {votes:,} {'vote' if votes == 1 else 'votes'} came late, more than an hour after"
    return f"{came} {'its' if late == 1 else 'their'} {step} was over, and {'counts' if late == 1 else 'count'} there."


def _alone(table: pd.DataFrame) -> pd.DataFrame:
    """The steps without the period before."""
    never = pd.Series(pd.NaT, index=table.index, dtype=table["step_at"].dtype)
    none = {"votes_before": pd.NA, "useful_before": pd.NA, "useful_share_before": np.nan}
    return table.assign(before_at=never, before_ends_at=never, **none)


def _beside_before(table: pd.DataFrame, scope: Scope, step: str, *, of_sections: bool) -> pd.DataFrame:
    """The steps, each beside the one that lies the same number of whole weeks before.

    Months have none: they are not whole weeks apart. Nor has the second of two hours that a clock shows alike.
    """
    if step == "month":
        return _alone(table)
    then = scope.during(weeks_before(scope.period, scope.zone))
    at = pd.Series(
        [same_time_before(begin.to_pydatetime(), scope.period, scope.zone) for begin in table["step_at"]],
        dtype=table["step_at"].dtype,
        index=table.index,
    )
    steps = with_share(then.steps(step, of_sections=of_sections)).set_index("step_at")
    at = at.where(at.isin(steps.index) & ~at.duplicated())
    return table.assign(
        before_at=at,
        before_ends_at=at.map(steps["ends_at"]),
        votes_before=at.map(steps["votes"]).astype("Int64"),
        useful_before=at.map(steps["useful"]).astype("Int64"),
        useful_share_before=at.map(steps["useful_share"]).astype(np.float64),
    )


def _editions(scope: Scope) -> pd.Series[Any]:
    """When the chosen articles came out anew: every version but the first that was announced, voted on or not."""
    times = scope.version_times()
    return times.loc[~times["is_first"], "published_at"]


def distribution(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """How many targets lie in each band of 5 points: by their own share, and by the shrunk one."""
    rows = _ranked_rows(scope, values["of"])
    rows = rows[rows["votes"] >= max(values["min_votes"], MIN_VOTES)]
    prior = group_priors(rows["useful"], rows["votes"], _groups(rows, values["of"]))
    # In whole numbers: 3 of 20 is 15 %, and as a fraction it would fall into the band below.
    own = _in_bands(rows["useful"].to_numpy() * BANDS // rows["votes"].to_numpy())
    shrunk = _in_bands(shrunk_share(rows["useful"], rows["votes"], prior) * BANDS)
    low = np.arange(BANDS)
    return pd.DataFrame(
        {"share_low": low / BANDS, "share_high": (low + 1) / BANDS, "targets": own, "shrunk_targets": shrunk}
    )


def _in_bands(bands: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """How many lie in each band; the last one has its upper end too."""
    return np.bincount(np.minimum(bands.astype(np.int64), BANDS - 1), minlength=BANDS)


def polarising(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """Targets that surely divide their readers: both answers are given by at least so large a part of them."""
    rows = _ranked_rows(scope, values["of"])
    rows = rows[rows["votes"] >= max(values["min_votes"], MIN_VOTES)].reset_index(drop=True)
    running = running_interval(rows["useful"], rows["votes"], LEVEL)
    table = with_share(rows).assign(
        running_low=running.low,
        running_high=running.high,
        smaller_side=np.minimum(rows["useful"], rows["votes"] - rows["useful"]) / rows["votes"].clip(lower=1),
        smaller_side_low=np.minimum(running.low, 1 - running.high),
    )
    table = table.sort_values(
        ["smaller_side_low", "votes", "article_id", "section_id"], ascending=[False, False, True, True], kind="stable"
    )
    return table.reset_index(drop=True)


_OF = Parameter("of", Kind.CHOICE, "What is ranked.", choices=OF_WHAT, default="articles")
_OF_TARGETS = Parameter("of", Kind.CHOICE, "Articles as a whole, or sections.", choices=OF_WHAT[:2], default="articles")

QUESTIONS = (
    Question(
        "overview",
        "How useful did readers find articles and sections, against the weeks before?",
        ("months_of_targets", "days_of_targets", "targets", "readers"),
        (
            *COMMON,
            Parameter("with_readers", Kind.YES_NO, "Count the readers too; takes longer.", default=True),
            least_votes(f"{LEAST_VOTES_OF_TARGETS.meaning} Of the period before, those with as many then."),
        ),
        (
            Column("target", "word", "article (votes for articles as a whole) or section"),
            Column("targets", "count", "articles, or sections, that have votes"),
            *COUNTED,
            *SHARE,
            Column("readers", "count", "readers with a vote that stands, on whatever; the same in both rows", True),
            Column("votes_before", "count", "votes in the period before"),
            Column("useful_before", "count", "of those, useful"),
            Column("before_since", "time", "first moment of the period before: whole weeks back"),
            Column("before_until", "time", "first moment after it"),
            Column("difference", "share", "share minus the share before; empty where either has fewer than 10 votes"),
            Column("difference_low", "share", "lower bound of Newcombe's 95 % interval, for one look"),
            Column("difference_high", "share", "upper bound of Newcombe's 95 % interval, for one look"),
        ),
        overview,
    ),
    Question(
        "ranking",
        "Which articles, sections, kinds, topics or authors do readers find most useful, and how sure is that?",
        ("months_of_targets", "days_of_targets", "targets"),
        (
            *COMMON,
            _OF,
            Parameter("order", Kind.CHOICE, "First row.", choices=("best", "worst", "votes"), default="best"),
            LEAST_VOTES,
        ),
        (
            *_FACTS,
            Column("group", "text", "the kind, topic or author, where those are ranked"),
            Column("kind", "word", "kind of the section: " + ", ".join(KIND_ORDER)),
            Column("topic", "text", "topic of the article; empty when not told"),
            Column("author", "text", "author or desk; empty when not told"),
            Column("ai_generated", "yes or no", "the article carries the label AI Generated Content", True),
            Column("targets", "count", "articles or sections that the row sums up"),
            *COUNTED,
            *SHARE,
            *RUNNING,
            *VERDICT,
            Column("shrunk_share", "share", "the share drawn towards its topic, kind or all, as far as votes are few"),
            Column("shrunk_low", "share", "lower bound of its 95 % credible interval"),
            Column("shrunk_high", "share", "upper bound of its 95 % credible interval"),
            Column("chance_above_typical", "share", "chance that the true share lies above reference_share"),
        ),
        ranking,
    ),
    Question(
        "trend",
        "How did votes and the useful share move over time?",
        ("step_counts", "late_counts", "version_times"),
        (
            *COMMON,
            Parameter("step", Kind.CHOICE, "Length of a step.", choices=("hour", "day", "week", "month")),
            _OF_TARGETS,
            Parameter(
                "with_late",
                Kind.YES_NO,
                f"Count the votes that came late; takes longer. Not set: where the period has about {LATE_RECORDS:,} "
                "records at most.",
            ),
            Parameter(
                "with_before",
                Kind.YES_NO,
                "Count the period before too, step by step; takes longer.",
                default=False,
            ),
            LEAST_VOTES_OF_TARGETS,
        ),
        (
            Column("step_at", "time", "beginning of the step (UTC), cut in the newsroom's time zone"),
            Column("ends_at", "time", "end of the step: the beginning of the next"),
            *COUNTED,
            *SHARE,
            Column(
                "late_votes",
                "count",
                "of the votes, those that the log took more than an hour after the step's end; empty if not counted",
                True,
            ),
            Column("before_at", "time", "beginning of the step it stands beside: whole weeks back; empty if not asked"),
            Column("before_ends_at", "time", "end of that step; empty if not asked"),
            Column("votes_before", "count", "votes in that step; empty if not asked", True),
            Column("useful_before", "count", "of those, useful; empty if not asked", True),
            Column("useful_share_before", "share", "useful_before / votes_before; empty below 10 votes"),
            Column("is_whole", "yes or no", "the step lies wholly in the period, and was over at the as-of time"),
            Column("versions_published", "count", "new versions of the chosen articles published in the step"),
        ),
        trend,
    ),
    Question(
        "distribution",
        "How are the shares of articles or sections spread?",
        ("months_of_targets", "days_of_targets", "targets"),
        (*COMMON, _OF_TARGETS, LEAST_VOTES),
        (
            Column("share_low", "share", "lower end of the band"),
            Column("share_high", "share", "upper end of the band"),
            Column("targets", "count", "targets with 10 votes and more whose own share lies in it"),
            Column("shrunk_targets", "count", "targets whose shrunk share lies in it"),
        ),
        distribution,
    ),
    Question(
        "polarising",
        "Which articles or sections divide their readers?",
        ("months_of_targets", "days_of_targets", "targets"),
        (*COMMON, _OF_TARGETS, LEAST_VOTES),
        (
            *_FACTS,
            *COUNTED,
            *SHARE,
            *RUNNING,
            Column("smaller_side", "share", "part of the readers who gave the rarer answer; at most one half"),
            Column("smaller_side_low", "share", "the rarer answer is surely given by at least this part"),
        ),
        polarising,
    ),
)
