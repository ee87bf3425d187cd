"""Scope: one question's period, filters and positions on one snapshot, and the counts that lie within them.

Counts come from the hourly sums where these know enough. Who asks for some readers only, for an earlier state, or for
days that do not begin at a whole hour of UTC, gets them from the entries themselves; the numbers are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from feedback_analytics.analytics.filters import Filters
from feedback_analytics.analytics.periods import Period, period_between, steps_of
from feedback_analytics.analytics.positions import (
    SCHEMA,
    positions_text,
    read_positions_text,
    refuse_unknown_positions,
    split_notes,
)
from feedback_analytics.contract import time_us
from feedback_analytics.errors import QueryError
from feedback_analytics.store import Snapshot

HOUR = timedelta(hours=1)
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
TARGET = pa.schema([("article_id", pa.string()), ("section_id", pa.string())])


def read_query(name: str) -> str:
    """The SQL of a question, as it stands in its file."""
    return resources.files(__package__).joinpath("queries", f"{name}.sql").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Known:
    """How far the store had come. is_now: nothing came since. asked_at: the time that was asked for; None: now.

    as_of is the last commit before the positions; records, and the times of receipt, are of what lies before them.
    was_asked: an as_of was given; notes: how many notes about drops it names.
    """

    positions: pa.Table
    text: str
    is_now: bool
    asked_at: datetime | None
    as_of: datetime | None
    records: int
    first_received_at: datetime | None
    newest_received_at: datetime | None
    first_vote_hour: datetime | None
    newest_vote_hour: datetime | None
    was_asked: bool = False
    notes: int | None = None


def known_at(snapshot: Snapshot, as_of: str | None) -> Known:
    """The positions that as_of names: a time, a text of positions, or None for now. Raises QueryError."""
    all_batches = snapshot.table(read_query("known_positions"), {"known_at": None})
    newest = all_batches.select(SCHEMA.names)
    positions, asked_at, notes = newest, None if as_of is None else _time_of(as_of), None
    if asked_at is not None:
        then = snapshot.table(read_query("known_positions"), {"known_at": asked_at})
        positions = then.select(SCHEMA.names)
    elif as_of is not None:
        of_log, notes = split_notes(as_of)
        positions = read_positions_text(of_log)
        refuse_unknown_positions(positions, newest)
    snapshot.lend("known", positions)
    text = positions_text(positions)
    is_now = text == positions_text(newest)
    # raw.batches grows with every commit: of all of them one pass tells everything.
    told = _summed(all_batches) if is_now else snapshot.table(read_query("known_as_of")).to_pylist()[0]
    hours = snapshot.table(read_query("vote_hours" if is_now else "vote_hours_as_known")).to_pylist()[0]
    return Known(positions, text, is_now, asked_at, **told, **hours, was_asked=as_of is not None, notes=notes)


def _summed(batches: pa.Table) -> dict[str, Any]:
    """The row of known_as_of, from the sums by partition that known_positions gives."""
    return {
        "as_of": pc.max(batches["as_of"]).as_py(),
        "records": pc.sum(batches["records"]).as_py() or 0,
        "first_received_at": pc.min(batches["first_received_at"]).as_py(),
        "newest_received_at": pc.max(batches["newest_received_at"]).as_py(),
    }


def _time_of(as_of: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(time_us(as_of) / 1e6, UTC)
    except (ValueError, OverflowError):
        return None


class Facts:
    """What is known of articles and sections at the positions lent to a snapshot; read once, whatever the period."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    @cached_property
    def articles(self) -> pa.Table:
        return self._snapshot.table(read_query("article_facts"))

    @cached_property
    def sections(self) -> pa.Table:
        return self._snapshot.table(read_query("section_facts"))


@dataclass(frozen=True)
class Scope:
    """What one question is about. Made on an open snapshot, and of use only while that is open.

    least_votes: only targets with at least so many votes in the period count.
    """

    snapshot: Snapshot
    known: Known
    period: Period
    filters: Filters
    zone: ZoneInfo
    facts: Facts
    least_votes: int = 1

    @classmethod
    def of(
        cls, snapshot: Snapshot, values: Mapping[str, Any], zone: ZoneInfo, now: datetime, *, by_receipt: bool = False
    ) -> Scope:
        """The scope that the values of a question's parameters name.

        The last days end with today; as known at an earlier state, with the day of that state. by_receipt: the period
        is one of receipt, and its first and last days those of the log and not of the readers' answers.
        """
        known = known_at(snapshot, values.get("as_of"))
        received = known.first_received_at, known.newest_received_at
        first, newest = received if by_receipt else (known.first_vote_hour, known.newest_vote_hour)
        past = None if known.is_now else known.asked_at or known.as_of
        period = period_between(
            values.get("since"),
            values.get("until"),
            values.get("days", "all"),
            now=now if past is None else min(now, past),
            first_vote_at=first,
            newest_vote_at=newest,
            zone=zone,
        )
        return cls(snapshot, known, period, Filters.of(values), zone, Facts(snapshot))

    def during(self, period: Period) -> Scope:
        """The same for another period."""
        return replace(self, period=period)

    def of_targets_with(self, least_votes: int) -> Scope:
        """The same for targets with at least so many votes."""
        return replace(self, least_votes=least_votes)

    def without(self, *names: str) -> Scope:
        """The same without some filters."""
        return replace(self, filters=replace(self.filters, **dict.fromkeys(names)))

    def _counted(self, question: str, edges: Sequence[datetime], **bound: object) -> pa.Table:
        """The answer of a query with variants, by the one that counts from where counts between these edges must come.

        Sums by hour serve where nothing but whole hours is asked for; else the votes themselves are counted.
        """
        is_on_hours = all(edge.timestamp() % HOUR.total_seconds() == 0 for edge in edges)
        if self.known.is_now and is_on_hours and not self.filters.choose_segments:
            return self._in_period(question, **bound)
        variant = "of_segments" if self.known.is_now else "as_known"
        return self._of_segments(f"{question}_{variant}", **bound)

    def _of_segments(self, question: str, **bound: object) -> pa.Table:
        """The answer of a query that counts the answers from the chosen segments, which are lent to it."""
        self.snapshot.lend("some_segments", self.snapshot.table(read_query("some_segments"), self.filters.of_segments))
        return self._in_period(question, **bound)

    def _in_period(self, question: str, **bound: object) -> pa.Table:
        return self.snapshot.table(
            read_query(question), {"since": self.period.since, "until": self.period.until, **bound}
        )

    def targets(self) -> pd.DataFrame:
        """One row per article as a whole and per section with votes. Columns: queries/targets.sql."""
        targets = self._described(self._counted("target_counts", (self.period.since, self.period.until)))
        if self.least_votes <= 1:
            return targets
        return targets[targets["votes"] >= self.least_votes].reset_index(drop=True)

    def _described(self, counts: pa.Table) -> pd.DataFrame:
        """The counts (columns of target_counts) of targets that fit the filters, with what is known of them."""
        self.snapshot.lend("counts", counts)
        self.snapshot.lend("article_facts", self.facts.articles)
        self.snapshot.lend("section_facts", self.facts.sections)
        return self._frame("targets", self.filters.of_targets)

    def articles(self) -> pd.DataFrame:
        """The rows of `targets` that are articles as a whole."""
        targets = self.targets()
        return targets[targets["section_id"].isna()].reset_index(drop=True)

    def sections(self) -> pd.DataFrame:
        """The rows of `targets` that are sections."""
        targets = self.targets()
        return targets[targets["section_id"].notna()].reset_index(drop=True)

    def steps(self, step: str, *, of_sections: bool, late_after: timedelta | None = None) -> pd.DataFrame:
        """One row per step of the period, cut in the newsroom's zone. Columns: queries/step_counts.sql, ends_at.

        With late_after also late_votes: of its votes, those that the log took so long after the step's end, or later.
        """
        edges = steps_of(self.period, step, self.zone)
        begins, ends = (pa.array(some, pa.timestamp("us", "UTC")) for some in (edges[:-1], edges[1:]))
        self.snapshot.lend("steps", pa.table({"step_at": begins, "ends_at": ends}))
        chosen = {**self._choose(), "of_sections": of_sections}
        counts = self._counted("step_counts", (self.period.since, self.period.until, *edges), **chosen)
        table = as_frame(counts)
        table = table.assign(ends_at=pd.Series(edges[1:], dtype=table["step_at"].dtype))
        if late_after is None:
            return table
        late_us = late_after // timedelta(microseconds=1)
        late = as_frame(self._of_segments("late_counts", **chosen, late_us=late_us))
        found = late.set_index("step_at")["late_votes"]
        return table.assign(late_votes=table["step_at"].map(found).fillna(0).astype(np.int64))

    def records_expected(self) -> float:
        """About how many of the store's records have a time in the period, were all its hours alike."""
        every = _all_time(self.known)
        shared = min(every.until, self.period.until) - max(every.since, self.period.since)
        return self.known.records * max(shared / (every.until - every.since), 0.0)

    def readers(self) -> int:
        """How many readers have a vote that stands in the period."""
        return int(self._of_segments("readers", **self._choose())["readers"][0].as_py())

    def by_segment(self, dimension: str, *, of_sections: bool) -> pd.DataFrame:
        """One row per value of source, locale, device or referrer. Columns: queries/segment_counts.sql."""
        chosen = {**self._choose(), "of_sections": of_sections}
        return as_frame(self._of_segments("segment_counts", **chosen, dimension=dimension))

    def of_article(self, question: str) -> pd.DataFrame:
        """version_counts or version_pairs of the article that the filters name."""
        return as_frame(self._of_segments(question, article_id=self.filters.article_id))

    def version_times(self) -> pd.DataFrame:
        """When each version of the article, or of all, was published. Columns: queries/version_times.sql."""
        return self._frame("version_times", {"article_id": self.filters.article_id})

    def mind_changes(self) -> pd.DataFrame:
        """Columns: queries/mind_changes.sql, of the targets that fit the filters, with what `targets` knows of them."""
        changes = self._of_segments("mind_changes")
        # Not of targets(): those have a vote that stands, and a target of which all was taken back has none.
        answered = pa.table({name: changes[name] for name in ("article_id", "section_id")})
        answers, none = changes["answers"], pa.array(np.zeros(len(changes), dtype=np.int64))
        known = self._described(answered.append_column("votes", answers).append_column("useful", none))
        return as_frame(changes).merge(known, on=["article_id", "section_id"], how="inner")

    def notes_of_drops(self) -> int:
        """How many notes about drops were known then. Raises QueryError when as_of names more than there are.

        Positions that name no number of notes, those of another question, stand for the moment of the last commit
        before them; a time stands for itself.
        """
        known = self.known
        if known.notes is None:
            until = (known.asked_at or known.as_of or _BEFORE_ALL) if known.was_asked else None
            return self._notes(until)
        if known.notes > (held := self._notes(None)):
            raise QueryError(f"as_of names {known.notes} notes about drops; the store has {held}.")
        return known.notes

    def _notes(self, until: datetime | None) -> int:
        counted = self.snapshot.table(read_query("drop_notes_known"), {"noted_until": until})
        return int(counted["notes"][0].as_py())

    def drop_notes(self, watch: str, notes: int) -> pd.DataFrame:
        """The last of so many notes about each target of a watch. Columns: queries/drop_notes.sql."""
        return self._frame("drop_notes", {"watch": watch, "notes": notes})

    def events(self, *, of_sections: bool | None, standing: bool, vote: str | None, most: int) -> pd.DataFrame:
        """Columns: queries/events_behind.sql."""
        told = {"of_sections": of_sections, "standing": standing, "vote": vote, "most": most}
        if self.filters.choose_targets and self.least_votes <= 1:
            # Not the targets of votes that stand: of some all may be taken back.
            self._lend_chosen(self._described(self._in_period("answered_targets")))
            chosen = {"everything": False}
        else:
            chosen = self._choose()
        return as_frame(self._of_segments("events_behind", **chosen, **told))

    def records(self, question: str) -> pd.DataFrame:
        """ledger or dead_letters, by time of receipt."""
        return as_frame(self._in_period(question, source=self.filters.source))

    def article_facts(self) -> pd.DataFrame:
        """What is known of each announced article. Columns: queries/article_facts.sql."""
        return as_frame(self.facts.articles)

    def _choose(self) -> dict[str, bool]:
        """Lends the targets that fit the filters as `chosen`; everything: there is nothing to choose by."""
        if self.least_votes > 1:
            self._lend_chosen(self.targets())
            return {"everything": False}
        if not self.filters.choose_targets:
            self.snapshot.lend("chosen", TARGET.empty_table())
            return {"everything": True}
        always = self.during(_all_time(self.known)).without("source", "locale", "device", "referrer")
        self._lend_chosen(always.targets())
        return {"everything": False}

    def _lend_chosen(self, targets: pd.DataFrame) -> None:
        found = targets[["article_id", "section_id"]]
        self.snapshot.lend("chosen", pa.Table.from_pandas(found, TARGET, preserve_index=False))

    def _frame(self, question: str, bound: Mapping[str, Any]) -> pd.DataFrame:
        return as_frame(self.snapshot.table(read_query(question), bound))


def _all_time(known: Known) -> Period:
    """Every hour that has votes."""
    begin, end = known.first_vote_hour, known.newest_vote_hour
    if begin is None or end is None:
        return Period(datetime(2000, 1, 1, tzinfo=UTC), datetime(2000, 1, 2, tzinfo=UTC))
    return Period(begin.astimezone(UTC), end.astimezone(UTC) + HOUR)


def as_frame(table: pa.Table) -> pd.DataFrame:
    """The answer for people: text that is missing is None, a number NaN, a time NaT."""
    frame = table.to_pandas()
    texts = {name: frame[name].astype(object) for name in frame.select_dtypes("str")}
    return frame.assign(**{name: text.where(text.notna(), None) for name, text in texts.items()})


def zone_named(name: str) -> ZoneInfo:
    """The time zone of that name. Raises QueryError."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise QueryError(f"there is no time zone {name!r}. Name one such as Europe/Berlin or UTC.") from None
