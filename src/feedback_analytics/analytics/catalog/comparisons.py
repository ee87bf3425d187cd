"""Questions that compare: sections with what to expect, versions, AI-generated and human-written, groups of readers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from feedback_analytics.analytics.catalog.question import (
    COUNTED,
    LEAST_VOTES,
    LEAST_VOTES_OF_TARGETS,
    SHARE,
    Column,
    Question,
    least_votes,
    with_share,
)
from feedback_analytics.analytics.differences import (
    difference_evidence,
    difference_interval,
    paired_difference_interval,
)
from feedback_analytics.analytics.discoveries import e_discoveries
from feedback_analytics.analytics.filters import AS_OF, COMMON, KIND_ORDER, PERIOD, SEGMENTS, TARGETS
from feedback_analytics.analytics.matching import Comparison, matched_difference
from feedback_analytics.analytics.parameters import Kind, Parameter
from feedback_analytics.analytics.scope import Scope
from feedback_analytics.analytics.section_effects import kind_effects, section_map
from feedback_analytics.analytics.verdicts import CLOSE, LEVEL, MIN_VOTES, Verdict
from feedback_analytics.errors import QueryError

DIMENSIONS = ("source", "locale", "device", "referrer")
LENGTH_BANDS = (0, 150, 300, 600, 1_200)
"""Words at which a band of article lengths begins; articles whose length is not told are a band of their own."""


def sections_map(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """Every section against what its article, kind and topic let expect; what to rewrite first comes first."""
    # All sections of the period take part in what is expected; filters then choose which are told.
    rows = scope.without("section_id", "kind", "article_id").sections()
    found = section_map(
        rows["useful"], rows["votes"], rows["article_id"], rows["kind"], rows["topic"].fillna(""), LEVEL
    )
    weeks = (scope.period.until - scope.period.since).total_seconds() / (7 * 86_400)
    table = with_share(rows).assign(
        expected_share=found.expected,
        difference=found.difference,
        difference_low=found.low,
        difference_high=found.high,
        running_low=found.running_low,
        running_high=found.running_high,
        verdict=_against_zero(found.running_low, found.running_high, rows["votes"]),
        sure_gap=np.maximum(-np.nan_to_num(found.running_high, nan=0.0), 0.0),
        votes_a_week=rows["votes"] / weeks,
    )
    few = table["votes"] < MIN_VOTES
    unsure = ["difference", "difference_low", "difference_high", "running_low", "running_high"]
    table[unsure] = table[unsure].where(~few)
    table["sure_gap"] = table["sure_gap"].where(~few, 0.0)
    table["rewrite_gain"] = table["sure_gap"] * table["votes_a_week"]
    table = _chosen(table, scope)[lambda some: some["votes"] >= values["min_votes"]]
    order = ["rewrite_gain", "difference", "article_id", "section_id"]
    return table.sort_values(order, ascending=[False, True, True, True], kind="stable").reset_index(drop=True)


def _chosen(table: pd.DataFrame, scope: Scope) -> pd.DataFrame:
    for name in ("article_id", "section_id", "kind"):
        wanted = getattr(scope.filters, name)
        if wanted is not None:
            table = table[table[name] == wanted]
    return table


def _against_zero(low: np.ndarray[Any, Any], high: np.ndarray[Any, Any], votes: pd.Series[Any]) -> list[str]:
    """The verdicts of a difference, in their order: the interval that holds at every look against no difference."""
    cases = [votes.to_numpy() < MIN_VOTES, (low >= -CLOSE) & (high <= CLOSE), low > 0, high < 0]
    words = [Verdict.TOO_FEW, Verdict.CLOSE, Verdict.BETTER, Verdict.WORSE]
    return [str(word) for word in np.select(cases, words, default=Verdict.UNSURE)]


def kinds(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """Each kind of section, net of the articles it stands in."""
    rows = scope.of_targets_with(values["min_votes"]).sections()
    found = kind_effects(rows["useful"], rows["votes"], rows["article_id"], rows["kind"], LEVEL)
    effects = pd.DataFrame(
        {
            "kind": np.array([str(kind) for kind in found.kinds], dtype=object),
            "net_difference": found.effect,
            "net_difference_low": found.low,
            "net_difference_high": found.high,
            "articles_compared": found.articles,
        }
    )
    counts = rows.groupby("kind", as_index=False).agg(
        sections=("votes", "size"), votes=("votes", "sum"), useful=("useful", "sum")
    )
    table = with_share(counts.merge(effects, on="kind", how="left"))
    order = table["kind"].map({kind: place for place, kind in enumerate(KIND_ORDER)})
    return table.assign(place=order).sort_values("place", kind="stable").reset_index(drop=True)


def edit_effect(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """Each version of an article against the one before it, for the whole and for every section."""
    if scope.filters.article_id is None:
        raise QueryError("edit_effect asks about one article: set article_id.")
    counts, pairs = scope.versions()
    counts = counts[counts["article_version"].notna()].assign(
        article_version=lambda some: some["article_version"].astype(np.int64)
    )
    rows = counts.sort_values(["section_id", "article_version"], na_position="first", kind="stable")
    key = rows["section_id"].fillna("")
    before = rows.groupby(key)[["article_version", "votes", "useful"]].shift()
    rows = rows.assign(
        version_before=before["article_version"], votes_before=before["votes"], useful_before=before["useful"]
    )
    rows = rows[rows["version_before"].notna()].reset_index(drop=True)
    if (least := values["min_votes"]) > 1:
        rows = rows[(rows["votes"] >= least) & (rows["votes_before"] >= least)].reset_index(drop=True)
    rows = rows.astype({"version_before": np.int64, "votes_before": np.int64, "useful_before": np.int64})
    told = (rows["votes"] >= MIN_VOTES) & (rows["votes_before"] >= MIN_VOTES)
    change = difference_interval(rows["useful"], rows["votes"], rows["useful_before"], rows["votes_before"], LEVEL)
    difference = rows["useful"] / rows["votes"].where(told) - rows["useful_before"] / rows["votes_before"].where(told)
    rows = rows.assign(
        difference=difference,
        difference_low=np.where(told, change.low, np.nan),
        difference_high=np.where(told, change.high, np.nan),
    )
    rows = _with_pairs(rows, pairs)
    times = scope.version_times()[["article_version", "published_at"]]
    rows = rows.merge(times, on="article_version", how="left").assign(article_id=scope.filters.article_id)
    return rows.sort_values(["article_version", "section_id"], na_position="first", kind="stable").reset_index(
        drop=True
    )


def _with_pairs(rows: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """The rows with the readers who answered for both versions, and their own difference."""
    names = ["both_useful", "only_before", "only_after", "neither_useful"]
    joined = rows.merge(pairs, on=["section_id", "article_version", "version_before"], how="left")
    joined[names] = joined[names].fillna(0).astype(np.int64)
    readers = joined[names].sum(axis="columns")
    interval = paired_difference_interval(
        joined["both_useful"], joined["only_after"], joined["only_before"], joined["neither_useful"], LEVEL
    )
    told = readers >= MIN_VOTES
    paired = (joined["only_after"] - joined["only_before"]) / readers.clip(lower=1)
    return joined.assign(
        paired_readers=readers,
        paired_difference=paired.where(told),
        paired_low=np.where(told, interval.low, np.nan),
        paired_high=np.where(told, interval.high, np.nan),
    )


def ai_and_human(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """AI-generated articles against human-written ones: as they are, and matched on topic, length and week."""
    scope = scope.of_targets_with(values["min_votes"])
    rows = scope.sections() if values["of"] == "sections" else scope.articles()
    rows = rows[rows["ai_generated"].notna()]
    is_marked = rows["ai_generated"].astype(bool).to_numpy()
    raw = matched_difference(rows["useful"], rows["votes"], is_marked, np.zeros(len(rows)), LEVEL)
    matched = matched_difference(rows["useful"], rows["votes"], is_marked, _strata(rows, scope), LEVEL)
    table = pd.DataFrame([_comparison("raw", raw), _comparison("matched", matched)])
    for name, some in (("ai", rows[is_marked]), ("human", rows[~is_marked])):
        table[f"{name}_votes"] = int(some["votes"].sum())
        table[f"{name}_useful"] = int(some["useful"].sum())
    return table


def _strata(rows: pd.DataFrame, scope: Scope) -> np.ndarray[Any, Any]:
    """Topic, band of length and week of publication of each row, as one number."""
    band = np.searchsorted(LENGTH_BANDS, rows["words"].fillna(-1).to_numpy(dtype=np.float64), side="right")
    local = rows["first_published_at"].dt.tz_convert(scope.zone)
    week = (local.dt.tz_localize(None).dt.normalize() - pd.to_timedelta(local.dt.weekday, unit="D")).astype(str)
    keys = [rows["topic"].fillna(""), pd.Series(band, index=rows.index), week]
    if "section_id" in rows and rows["section_id"].notna().any():
        keys.append(rows["kind"])
    codes = pd.DataFrame({str(place): key for place, key in enumerate(keys)})
    strata: np.ndarray[Any, Any] = codes.groupby(list(codes.columns), dropna=False).ngroup().to_numpy()
    return strata


def _comparison(name: str, found: Comparison) -> dict[str, Any]:
    return {
        "comparison": name,
        "difference": found.difference,
        "difference_low": found.low,
        "difference_high": found.high,
        "ai_targets": found.marked,
        "human_targets": found.others,
        "votes": found.votes,
        "strata": found.strata,
    }


def segments(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """Groups of readers by one dimension, each against all others; false discoveries are controlled over the groups."""
    table = scope.by_segment(values["by"], of_sections=values["of"] == "sections")
    votes, useful = int(table["votes"].sum()), int(table["useful"].sum())
    rest = votes - table["votes"], useful - table["useful"]
    table = with_share(table).assign(votes_of_others=rest[0], useful_of_others=rest[1])
    told = ((table["votes"] >= MIN_VOTES) & (rest[0] >= MIN_VOTES)).to_numpy(dtype=bool)
    change = difference_interval(table["useful"], table["votes"], rest[1], rest[0], LEVEL)
    difference = table["useful"] / table["votes"].clip(lower=1) - rest[1] / rest[0].clip(lower=1)
    evidence = difference_evidence(table["useful"], table["votes"], rest[1], rest[0])
    is_sure = np.zeros(len(table), dtype=bool)
    is_sure[told] = e_discoveries(np.asarray(evidence)[told], 1 - LEVEL)
    table = table.assign(
        difference=difference.where(told),
        difference_low=np.where(told, change.low, np.nan),
        difference_high=np.where(told, change.high, np.nan),
        is_sure=is_sure,
        groups_compared=int(told.sum()),
    )
    table = table[table["votes"] >= values["min_votes"]]
    order = ["votes", "segment"]
    return table.sort_values(order, ascending=[False, True], na_position="last", kind="stable").reset_index(drop=True)


_DIFFERENCE = (
    Column("difference", "share", "share minus what it is compared with; empty where either has fewer than 10 votes"),
    Column("difference_low", "share", "lower bound of the 95 % interval, for one look"),
    Column("difference_high", "share", "upper bound of the 95 % interval, for one look"),
)
_OF_TARGETS = Parameter(
    "of", Kind.CHOICE, "Articles as a whole, or sections.", choices=("articles", "sections"), default="articles"
)

QUESTIONS = (
    Question(
        "section_map",
        "Which sections fall short of what their article, kind and topic let expect, and which to rewrite first?",
        ("months_of_targets", "days_of_targets", "targets"),
        (*COMMON, LEAST_VOTES),
        (
            Column("article_id", "id", "publisher's id of the article"),
            Column("section_id", "id", "publisher's id of the section"),
            Column("title", "text", "title of the article"),
            Column("heading", "text", "heading of the section"),
            Column("kind", "word", "kind of the section"),
            Column("position", "count", "place in the article, from 1; empty until it is announced", True),
            *COUNTED,
            *SHARE,
            Column("expected_share", "share", "what article, kind and topic let expect, from all other sections"),
            *_DIFFERENCE,
            Column("running_low", "share", "lower bound of the difference that holds however often one looks"),
            Column("running_high", "share", "upper bound of the difference that holds however often one looks"),
            Column("verdict", "word", "better, worse, close, unsure or too_few; from the running bounds"),
            Column("sure_gap", "share", "the section is surely at least this far below; 0 when that is not sure"),
            Column(
                "votes_a_week",
                "number",
                "votes on the section a week: readers, as each has one vote",
            ),
            Column("rewrite_gain", "number", "sure_gap × votes_a_week: the order of what to rewrite first"),
        ),
        sections_map,
    ),
    Question(
        "kinds",
        "How useful are the kinds of sections, net of the articles they stand in?",
        ("months_of_targets", "days_of_targets", "targets"),
        (*COMMON, LEAST_VOTES_OF_TARGETS),
        (
            Column("kind", "word", "kind of the section, in the order of the house format"),
            Column("sections", "count", "sections with votes"),
            *COUNTED,
            *SHARE,
            Column("net_difference", "share", "share less the mean of all kinds within the same article"),
            Column("net_difference_low", "share", "lower bound of its 95 % interval, for one look"),
            Column("net_difference_high", "share", "upper bound of its 95 % interval, for one look"),
            Column("articles_compared", "count", "articles that have the kind beside another one"),
        ),
        kinds,
    ),
    Question(
        "edit_effect",
        "Did a new version of an article help? An observation: readers of different days differ too.",
        ("article_answers", "version_counts", "version_pairs", "version_times"),
        (
            *PERIOD,
            *TARGETS[:1],
            *SEGMENTS,
            *AS_OF,
            least_votes("Rows with fewer votes, on the version or on the one before it, are left out."),
        ),
        (
            Column("article_id", "id", "publisher's id of the article"),
            Column("section_id", "id", "publisher's id of the section; empty for the article as a whole"),
            Column("article_version", "count", "the later version"),
            Column("version_before", "count", "the version before it that readers answered for"),
            Column("published_at", "time", "when the later version was published; empty when not told"),
            *COUNTED,
            Column("votes_before", "count", "votes that stand for the version before"),
            Column("useful_before", "count", "of those, useful"),
            *_DIFFERENCE,
            Column("paired_readers", "count", "readers who answered for both versions"),
            Column("both_useful", "count", "of those, found both useful"),
            Column("only_before", "count", "found only the version before useful"),
            Column("only_after", "count", "found only the later version useful"),
            Column("neither_useful", "count", "found neither useful"),
            Column("paired_difference", "share", "difference among these readers; empty below 10 of them"),
            Column("paired_low", "share", "lower bound of Newcombe's paired 95 % interval, for one look"),
            Column("paired_high", "share", "upper bound of Newcombe's paired 95 % interval, for one look"),
        ),
        edit_effect,
    ),
    Question(
        "ai_and_human",
        "Do readers find AI-generated articles as useful as human-written ones of the same topic, length and week?",
        ("months_of_targets", "days_of_targets", "targets"),
        (*(parameter for parameter in COMMON if parameter.name != "ai"), _OF_TARGETS, LEAST_VOTES_OF_TARGETS),
        (
            Column("comparison", "word", "raw: all with all; matched: with those of the same topic, length and week"),
            Column("difference", "share", "AI-generated minus human-written, estimated with articles as the unit"),
            Column("difference_low", "share", "lower bound of its 95 % interval, for one look"),
            Column("difference_high", "share", "upper bound of its 95 % interval, for one look"),
            Column("ai_targets", "count", "AI-generated articles or sections that are compared"),
            Column("human_targets", "count", "human-written ones that are compared"),
            Column("votes", "count", "votes on those"),
            Column("strata", "count", "groups of like articles that hold both"),
            Column("ai_votes", "count", "votes on all AI-generated ones"),
            Column("ai_useful", "count", "of those, useful"),
            Column("human_votes", "count", "votes on all human-written ones"),
            Column("human_useful", "count", "of those, useful"),
        ),
        ai_and_human,
    ),
    Question(
        "segments",
        "Which groups of readers find articles more, or less, useful than all other readers?",
        ("segment_counts",),
        (
            *COMMON,
            Parameter("by", Kind.CHOICE, "What the groups differ by.", choices=DIMENSIONS, default="device"),
            _OF_TARGETS,
            LEAST_VOTES,
        ),
        (
            Column("segment", "text", "the source, locale, device or referring host; empty where events do not tell"),
            *COUNTED,
            *SHARE,
            Column("votes_of_others", "count", "votes of all other groups"),
            Column("useful_of_others", "count", "of those, useful"),
            *_DIFFERENCE,
            Column("is_sure", "yes or no", "differs, at any look, with false discoveries held to 5 % over all groups"),
            Column("groups_compared", "count", "groups that were looked at together"),
        ),
        segments,
    ),
)
