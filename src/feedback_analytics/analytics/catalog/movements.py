"""Questions about movement: what fell, and how often readers change their minds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from feedback_analytics.analytics.catalog.question import COUNTED, LEAST_VOTES, Column, Question
from feedback_analytics.analytics.differences import difference_interval, drop_evidence
from feedback_analytics.analytics.discoveries import e_false_share
from feedback_analytics.analytics.filters import AS_OF, COMMON, SECTIONS, SEGMENTS, TARGETS
from feedback_analytics.analytics.parameters import Kind, Parameter
from feedback_analytics.analytics.periods import Period, days_before
from feedback_analytics.analytics.scope import Scope
from feedback_analytics.analytics.verdicts import LEVEL, MIN_VOTES

FALSE_SHARE = 0.05
"""Of the drops that are told, at most this part is expected to be none."""


def drops(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """Articles, sections and topics whose share fell in the window; false discoveries controlled over all of them."""
    until = scope.period.until
    since = days_before(until, values["window_days"], scope.zone)
    recent = scope.during(Period(since, until))
    base = scope.during(Period(days_before(since, values["base_days"], scope.zone), since))
    rows = _families(recent.targets()).merge(
        _families(base.targets())[["family", "article_id", "section_id", "group", "votes", "useful"]],
        on=["family", "article_id", "section_id", "group"],
        how="inner",
        suffixes=("", "_before"),
    )
    enough = (rows["votes"] >= MIN_VOTES) & (rows["votes_before"] >= MIN_VOTES)
    rows = rows[enough].reset_index(drop=True)
    least = values["least_points"] / 100
    evidence = drop_evidence(rows["useful"], rows["votes"], rows["useful_before"], rows["votes_before"], least)
    change = difference_interval(rows["useful"], rows["votes"], rows["useful_before"], rows["votes_before"], LEVEL)
    share, before = rows["useful"] / rows["votes"], rows["useful_before"] / rows["votes_before"]
    table = rows.assign(
        useful_share=share,
        useful_share_before=before,
        difference=share - before,
        difference_low=change.low,
        difference_high=change.high,
        false_share=e_false_share(evidence),
        targets_watched=len(rows),
        window_since=pd.Timestamp(recent.period.since),
        base_since=pd.Timestamp(base.period.since),
    )
    table = table[table["false_share"] <= FALSE_SHARE]
    return table.sort_values(["difference", "family", "article_id", "section_id", "group"], kind="stable").reset_index(
        drop=True
    )


def _families(targets: pd.DataFrame) -> pd.DataFrame:
    """Articles, sections and topics one below the other; votes on sections do not count for topics."""
    is_article = targets["section_id"].isna()
    names = ["family", "article_id", "section_id", "group", "title", "heading", "votes", "useful"]
    articles = targets[is_article].assign(family="article", group=None)
    sections = targets[~is_article].assign(family="section", group=None)
    topics = targets[is_article & targets["topic"].notna()].groupby("topic", as_index=False)[["votes", "useful"]].sum()
    blank = dict.fromkeys(("article_id", "section_id", "title", "heading"))
    topics = topics.rename(columns={"topic": "group"}).assign(family="topic", **blank)
    parts = [part[names].astype({"group": object, "article_id": object}) for part in (articles, sections, topics)]
    return pd.concat(parts, ignore_index=True)


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


_NAMES = (
    Column("article_id", "id", "publisher's id of the article"),
    Column("section_id", "id", "publisher's id of the section; empty for the article as a whole"),
)

QUESTIONS = (
    Question(
        "drops",
        "Which articles, sections or topics fell, with false alarms under control?",
        ("target_counts", "targets"),
        (
            Parameter(
                "until", Kind.MOMENT, "First moment after the window; not set: the end of the newest vote's day."
            ),
            Parameter("window_days", Kind.COUNT, "Length of the window that is watched.", default=7, least=1, most=366),
            Parameter(
                "base_days",
                Kind.COUNT,
                "Length of the time before it that it is compared with.",
                default=28,
                least=1,
                most=3_660,
            ),
            Parameter(
                "least_points", Kind.COUNT, "Only drops that are surely larger than this.", default=5, least=0, most=99
            ),
            *TARGETS,
            *SECTIONS,
            *SEGMENTS,
            *AS_OF,
        ),
        (
            Column("family", "word", "article, section or topic"),
            *_NAMES,
            Column("group", "text", "the topic, where a topic fell"),
            Column("title", "text", "title of the article"),
            Column("heading", "text", "heading of the section"),
            *COUNTED,
            Column("useful_share", "share", "share in the window"),
            Column("votes_before", "count", "votes before the window"),
            Column("useful_before", "count", "of those, useful"),
            Column("useful_share_before", "share", "share before the window"),
            Column("difference", "share", "share minus share before"),
            Column("difference_low", "share", "lower bound of its 95 % interval, for one look"),
            Column("difference_high", "share", "upper bound of its 95 % interval, for one look"),
            Column("false_share", "share", "smallest part of false discoveries at which it would be told (e-BH)"),
            Column("targets_watched", "count", "targets that were looked at together"),
            Column("window_since", "time", "first moment of the window"),
            Column("base_since", "time", "first moment of the time before it"),
        ),
        drops,
    ),
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
            *_NAMES,
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
