"""The question what fell: false alarms under control, and each drop told once.

A drop is new until `feedback drops tell` has noted it in the store. It is new again only after it has clearly recovered
and fallen anew: more is asked for to leave the state than to stay out of it, so that a share at the edge is told once.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from feedback_analytics.analytics.catalog.question import (
    COUNTED,
    NAMES,
    Column,
    Question,
    least_votes,
    noting,
)
from feedback_analytics.analytics.differences import difference_interval, drop_evidence, running_difference_interval
from feedback_analytics.analytics.discoveries import e_false_share
from feedback_analytics.analytics.filters import AS_OF, SECTIONS, SEGMENTS, TARGETS
from feedback_analytics.analytics.parameters import Kind, Parameter
from feedback_analytics.analytics.periods import Period, days_before
from feedback_analytics.analytics.positions import with_notes
from feedback_analytics.analytics.scope import Scope
from feedback_analytics.analytics.verdicts import LEVEL, MIN_VOTES
from feedback_analytics.store import DropNote

FALSE_SHARE = 0.05
"""Of the drops that are told, at most this part is expected to be none."""

BACK_WITHIN = 0.5
"""Part of the least drop that may still be missing when a share counts as recovered. The other half lies between the
two limits, for a share that wavers at either of them."""

TARGET = ["family", "article_id", "section_id", "group"]
_WHEN_ONLY = ("until", "as_of")


def drops(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """Articles, sections and topics whose share fell in the window, and whether that was told before.

    1. Count every target in the window and in the time before it; those with 10 votes in both are watched.
    2. Keep what surely fell, false discoveries controlled over all that are watched.
    3. Look up what was told to this watch, and see what has clearly recovered since.

    The watch is all parameters that are set but until and as_of: other limits, or other readers, are another watch that
    tells for itself. The answer's positions name, beside those of the log, with how many notes about drops it was made,
    as notes are written without a vote coming in. So an answer from before a telling says `new` again, to the digit,
    and one from after it `told`, though both were made from the same votes. A time as as_of stands for the notes
    written until then; positions of another question, which name no notes, for those written until the last commit
    before them.
    """
    recent, base = _window_and_before(scope, values)
    since, until = recent.period.since, recent.period.until
    window, before = _families(recent.targets()), _families(base.targets())
    least = values["least_points"] / 100
    fewest = max(MIN_VOTES, values["min_votes"])
    watched = _watched(window, before, least, fewest)
    watch = _watch(values)
    notes = scope.entries("drop_notes")
    noted = scope.drop_notes(watch, notes)
    told = noted[noted["is_open"].astype(bool)]
    # The time before counts too: a target may have recovered and fallen anew while nobody looked.
    back = [_back(told, counts, shown, least) for counts, shown in ((window, recent.period), (before, base.period))]
    recovered = pd.concat(back, ignore_index=True).drop_duplicates("last_note")
    standing = set(told["last_note"]) - set(recovered["last_note"])
    fallen = watched[watched["false_share"] <= FALSE_SHARE].merge(noted, on=TARGET, how="left")
    fallen = fallen.assign(state=np.where(fallen["last_note"].isin(standing), "told", "new"))
    table = _seen_in(fallen, len(watched), recent, base).sort_values(["difference", *TARGET], kind="stable")
    table = table.reset_index(drop=True)
    table.attrs["positions"] = positions = with_notes(scope.known.text, notes)
    alike = {"watch": watch, "window_since": since, "window_until": until, "positions": positions}
    table.attrs["to_note"] = _to_note(table, recovered, base.period, alike)
    return table if len(table) else noting(table, _nothing_moved("fell", len(window), len(watched), values))


def rises(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """Articles, sections and topics whose share rose in the window, by the rules of `drops`; nothing is noted.

    A share that rises is a share of "not useful" that falls, so the same evidence is asked for.
    """
    recent, base = _window_and_before(scope, values)
    window, before = (_turned(_families(some.targets())) for some in (recent, base))
    watched = _watched(window, before, values["least_points"] / 100, max(MIN_VOTES, values["min_votes"]))
    risen = watched[watched["false_share"] <= FALSE_SHARE]
    risen = risen.assign(
        useful=risen["votes"] - risen["useful"],
        useful_before=risen["votes_before"] - risen["useful_before"],
        useful_share=1 - risen["useful_share"],
        useful_share_before=1 - risen["useful_share_before"],
        difference=-risen["difference"],
        difference_low=-risen["difference_high"],
        difference_high=-risen["difference_low"],
    )
    table = _seen_in(risen, len(watched), recent, base)
    table = table.sort_values(["difference", *TARGET], ascending=[False, True, True, True, True], kind="stable")
    empty = "" if len(table) else _nothing_moved("rose", len(window), len(watched), values)
    return noting(table.reset_index(drop=True), empty)


def rows_about(answer: pd.DataFrame, targets: Collection[tuple[object, ...]]) -> pd.DataFrame:
    """The rows of an answer of `drops` about these targets: (family, article_id, section_id, topic) of each."""
    of_rows = answer[TARGET].apply(tuple, axis="columns", result_type="reduce")
    return answer[of_rows.isin(targets).to_numpy(dtype=bool)].reset_index(drop=True)


def _turned(families: pd.DataFrame) -> pd.DataFrame:
    """With "not useful" counted as if it were useful."""
    return families.assign(useful=families["votes"] - families["useful"])


def _window_and_before(scope: Scope, values: Mapping[str, Any]) -> tuple[Scope, Scope]:
    until = scope.period.until
    since = days_before(until, values["window_days"], scope.zone)
    base = Period(days_before(since, values["base_days"], scope.zone), since)
    return scope.during(Period(since, until)), scope.during(base)


def _seen_in(rows: pd.DataFrame, watched: int, recent: Scope, base: Scope) -> pd.DataFrame:
    times = {"window_since": recent.period.since, "base_since": base.period.since}
    return rows.assign(targets_watched=watched, **{name: pd.Timestamp(at) for name, at in times.items()})


def _watch(values: Mapping[str, Any]) -> str:
    """The parameters that make the watch, as JSON. min_votes only where it asks for more than every watch does."""
    left_out = _WHEN_ONLY if values["min_votes"] > MIN_VOTES else (*_WHEN_ONLY, "min_votes")
    return json.dumps({name: value for name, value in values.items() if value is not None and name not in left_out})


def _watched(window: pd.DataFrame, before: pd.DataFrame, least: float, fewest: int) -> pd.DataFrame:
    """Targets with enough votes in the window and before it, how far they fell, and at which false_share."""
    counted = before[[*TARGET, "votes", "useful"]]
    rows = window.merge(counted, on=TARGET, how="inner", suffixes=("", "_before"))
    rows = rows[(rows["votes"] >= fewest) & (rows["votes_before"] >= MIN_VOTES)].reset_index(drop=True)
    counts = rows["useful"], rows["votes"], rows["useful_before"], rows["votes_before"]
    change = difference_interval(*counts, LEVEL)
    share, share_before = rows["useful"] / rows["votes"], rows["useful_before"] / rows["votes_before"]
    return rows.assign(
        useful_share=share,
        useful_share_before=share_before,
        difference=share - share_before,
        difference_low=change.low,
        difference_high=change.high,
        false_share=e_false_share(drop_evidence(*counts, least)),
    )


def _back(told: pd.DataFrame, counts: pd.DataFrame, shown: Period, least: float) -> pd.DataFrame:
    """The targets of which these votes, all given after the window that was told, show that the share is back.

    It surely rose from what it had fallen to (95 %, however often one looks), and all but half of the least drop of
    what it had fallen from is made good; from 10 votes on. What it had fallen from is as it was told: the time before
    the window moves on, and would make a lasting drop the new usual.
    """
    rows = told.merge(counts[[*TARGET, "votes", "useful"]], on=TARGET, how="inner")
    rose = running_difference_interval(rows["useful"], rows["votes"], rows["told_useful"], rows["told_votes"], LEVEL)
    usual = rows["told_useful_before"] / rows["told_votes_before"]
    is_back = (rows["votes"] >= MIN_VOTES) & (np.asarray(rose.low) > 0)
    is_back &= rows["useful"] / rows["votes"] >= usual - BACK_WITHIN * least
    is_back &= rows["told_until"] <= pd.Timestamp(shown.since)
    return rows[is_back].assign(shown_since=pd.Timestamp(shown.since), shown_until=pd.Timestamp(shown.until))


def _to_note(table: pd.DataFrame, recovered: pd.DataFrame, base: Period, alike: Mapping[str, Any]) -> list[DropNote]:
    """What a telling of this answer writes down: what has recovered, then what is new."""
    rows = [
        {
            **alike,
            **_target(row),
            "note": "recovered",
            "window_since": row.shown_since.to_pydatetime(),
            "window_until": row.shown_until.to_pydatetime(),
            "base_since": row.told_base_since.to_pydatetime(),
            "votes": int(row.votes),
            "useful": int(row.useful),
            "votes_before": int(row.told_votes_before),
            "useful_before": int(row.told_useful_before),
            "false_share": None,
        }
        for row in recovered.itertuples(index=False)
    ]
    rows += [
        {
            **alike,
            **_target(row),
            "note": "told",
            "base_since": base.since,
            "votes": int(row.votes),
            "useful": int(row.useful),
            "votes_before": int(row.votes_before),
            "useful_before": int(row.useful_before),
            "false_share": float(row.false_share),
        }
        for row in table[table["state"] == "new"].itertuples(index=False)
    ]
    return [DropNote(**row) for row in rows]


def _target(row: Any) -> dict[str, Any]:
    """What the note is about, and the last one about it."""
    names = {"article_id": row.article_id, "section_id": row.section_id, "topic": row.group}
    return {
        **{name: value if isinstance(value, str) else None for name, value in names.items()},
        "family": row.family,
        "follows": None if pd.isna(row.last_note) else int(row.last_note),
    }


def _nothing_moved(moved: str, voted: int, watched: int, values: Mapping[str, Any]) -> str:
    """Why the answer is empty: nothing fell (rose), or there was nothing that could be seen to."""
    days, before, fewest = values["window_days"], values["base_days"], max(MIN_VOTES, values["min_votes"])
    if not voted:
        return f"Nothing could be watched: there are no votes in the window of {days:,} days."
    asked = f"at least {fewest:,} votes in the window of {days:,} days and {MIN_VOTES} in the {before:,} days before"
    if not watched:
        return f"Nothing could be watched: of {voted:,} articles, sections and topics with votes, none has {asked}."
    return (
        f"Nothing {moved}: of {voted:,} articles, sections and topics with votes, {watched:,} were watched (those with "
        f"{asked}), and none surely {moved} by more than {values['least_points']} points."
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


_WATCHED_BY = (
    Parameter("until", Kind.MOMENT, "First moment after the window; not set: the end of the newest vote's day."),
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
        "least_points", Kind.COUNT, "Only changes that are surely larger than this.", default=5, least=0, most=99
    ),
    *TARGETS,
    *SECTIONS,
    *SEGMENTS,
    *AS_OF,
    least_votes("Only articles, sections and topics with at least so many votes in the window are watched."),
)

_CHANGE = (
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
)

QUESTIONS = (
    Question(
        "drops",
        "Which articles, sections or topics fell, with false alarms under control?",
        ("months_of_targets", "days_of_targets", "targets", "drop_notes_known", "drop_notes"),
        _WATCHED_BY,
        (
            Column("family", "word", "article, section or topic"),
            *NAMES,
            Column("group", "text", "the topic, where a topic fell"),
            Column("state", "word", "new: to be told; told: it was told, and has not clearly recovered since"),
            Column("told_at", "time", "when `feedback drops tell` told it last; empty when it never did"),
            Column("recovered_at", "time", "when its recovery from that was noted; empty without one"),
            *_CHANGE,
        ),
        drops,
    ),
    Question(
        "rises",
        "Which articles, sections or topics rose, with false alarms under control?",
        ("months_of_targets", "days_of_targets", "targets"),
        _WATCHED_BY,
        (
            Column("family", "word", "article, section or topic"),
            *NAMES,
            Column("group", "text", "the topic, where a topic rose"),
            *_CHANGE,
        ),
        rises,
    ),
)
