"""Scope: one question's period, filters and positions on one snapshot, and the counts that lie within them.

Counts come from the sums by month and day, and from the entries that these do not hold (yet, or not any more at an
earlier state). Who asks for some readers only gets them from the entries alone; the numbers are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from feedback_analytics.analytics.filters import Filters
from feedback_analytics.analytics.frames import as_frame
from feedback_analytics.analytics.known import AFTER_ALL, BEFORE_ALL, Known, batches_before, read_query
from feedback_analytics.analytics.memory import Facts, Memory, those_that_fit
from feedback_analytics.analytics.periods import Period, begins_a_day, period_between, steps_of, whole_days
from feedback_analytics.errors import QueryError
from feedback_analytics.store import Snapshot

HOUR = timedelta(hours=1)
TARGET = pa.schema([("article_id", pa.string()), ("section_id", pa.string())])
COUNTS = [*TARGET.names, "votes", "useful"]
ARTICLE = pa.schema([TARGET.field("article_id")])


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
    memory: Memory
    least_votes: int = 1

    @classmethod
    def of(
        cls,
        snapshot: Snapshot,
        values: Mapping[str, Any],
        zone: ZoneInfo,
        now: datetime,
        memory: Memory,
        *,
        by_receipt: bool = False,
    ) -> Scope:
        """The scope that the values of a question's parameters name.

        The last days end with today; as known at an earlier state, with the day of that state. by_receipt: the period
        is one of receipt, and its first and last days those of the log and not of the readers' answers.
        """
        known = memory.known(snapshot, values.get("as_of"))
        first, newest = known.first_vote_hour, known.newest_vote_hour
        if by_receipt:
            told = batches_before(snapshot)
            first, newest = told["first_received_at"], told["newest_received_at"]
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
        return cls(snapshot, known, period, Filters.of(values), zone, memory.facts(known), memory)

    def during(self, period: Period) -> Scope:
        """The same for another period."""
        return replace(self, period=period)

    def of_targets_with(self, least_votes: int) -> Scope:
        """The same for targets with at least so many votes."""
        return replace(self, least_votes=least_votes)

    def without(self, *names: str) -> Scope:
        """The same without some filters."""
        return replace(self, filters=replace(self.filters, **dict.fromkeys(names)))

    @property
    def _counts_entries(self) -> bool:
        """The sums do not know where answers came from."""
        return self.filters.choose_segments

    def _of_entries(self, question: str, **bound: object) -> pa.Table:
        """The answer of a query that has variants for the entries alone, of the chosen segments."""
        return self._of_segments(f"{question}_{'of_segments' if self.known.is_now else 'as_known'}", **bound)

    def _of_sums(self, of: str, **bound: object) -> pa.Table:
        """What the sums say of targets or steps, and the entries that they do not hold: parts, to be added up.

        They are asked for one by one, and only those that make up the period.
        """
        sums, parts = self.known.sums, []
        # Whole months tell soonest of all there is, also where that begins and ends within one. Steps are of days.
        period = self._beyond_all_votes() if of == "targets" else self.period
        days = whole_days(period, sums.zone)

        def add(kind: str, since: datetime, until: datetime, **more: object) -> None:
            if since < until:
                within = {"since": since, "until": until, **bound, **more}
                parts.append(self.snapshot.table(read_query(f"{kind}_of_{of}"), within))

        if of == "targets":
            add("months", days.month_since, days.month_until)
            add("days", days.day_since, days.month_since)
            add("days", days.month_until, days.day_until)
        else:
            add("days", days.day_since, days.day_until)
        if sums.entries is not None:
            add("few_spans", days.day_since, days.day_until)
        elif sums.spans.num_rows:
            add("spans", days.day_since, days.day_until, **sums.bounds)
        add("entries", period.since, days.day_since)
        add("entries", days.day_until, period.until)
        return pa.concat_tables(parts)

    def _beyond_all_votes(self) -> Period:
        """The period, and where no vote lies before it, or behind it, all the time before or behind."""
        begin, end = self.known.first_vote_hour, self.known.newest_vote_hour
        if begin is None or end is None:
            return self.period
        return Period(
            BEFORE_ALL if self.period.since <= begin < self.period.until else self.period.since,
            AFTER_ALL if self.period.since <= end and end + HOUR <= self.period.until else self.period.until,
        )

    def _of_segments(self, question: str, **bound: object) -> pa.Table:
        """The answer of a query that counts the answers from the chosen segments, which are lent to it."""
        self.snapshot.lend("some_segments", self.snapshot.table(read_query("some_segments"), self.filters.of_segments))
        return self._in_period(question, **bound)

    def _in_period(self, question: str, **bound: object) -> pa.Table:
        return self.snapshot.table(
            read_query(question), {"since": self.period.since, "until": self.period.until, **bound}
        )

    def _counts(self, of_sections: bool | None) -> pa.Table:
        """Columns of queries/target_counts_of_segments.sql; the filters that choose targets are still to come."""
        if self.filters.article_id is not None and not self._counts_entries:
            counts = self._count(of_sections)
        else:
            counts = self._shared_counts(of_sections)
        return counts if self.least_votes <= 1 else counts.filter(pc.greater_equal(counts["votes"], self.least_votes))

    def _count(self, of_sections: bool | None) -> pa.Table:
        if self._counts_entries:
            return self._of_entries("target_counts")
        bound = {"of_sections": of_sections, "article_id": self.filters.article_id}
        return _added_up(self._of_sums("targets", **bound))

    def _shared_counts(self, of_sections: bool | None) -> pa.Table:
        """The counts of all targets, which the questions of a page share, or the wanted part of them."""
        asked = (self.known.text, self.period, *self.filters.of_segments.values())
        whole = (*asked, None)
        key = whole if self._counts_entries or self.memory.holds(self.snapshot, whole) else (*asked, of_sections)
        counts = self.memory.counts(self.snapshot, key, lambda: self._count(of_sections))
        if of_sections is None or key != whole:
            return counts
        is_section = pc.is_valid(counts["section_id"])
        return counts.filter(is_section if of_sections else pc.invert(is_section))

    def targets(self, of_sections: bool | None = None) -> pd.DataFrame:
        """One row per article as a whole and per section with votes. Columns: queries/targets.sql."""
        return self._described(self._counts(of_sections))

    def totals(self) -> pd.DataFrame:
        """Two rows, article and section: targets, votes, useful. As `targets` summed up, and quicker."""
        counts = self._of_chosen_articles(self._counts(None))
        if self.filters.kind is not None or self.filters.section_id is not None:
            self._lend_facts(counts)
            counts = self.snapshot.table(read_query("targets_that_fit"), self.filters.of_targets)
        is_section = pc.is_valid(counts["section_id"])
        rows = []
        for target, those in (("article", pc.invert(is_section)), ("section", is_section)):
            some = counts.filter(those)
            votes, useful = (pc.sum(some[name]).as_py() or 0 for name in ("votes", "useful"))
            rows.append({"target": target, "targets": some.num_rows, "votes": votes, "useful": useful})
        return pd.DataFrame(rows)

    def _described(self, counts: pa.Table) -> pd.DataFrame:
        """The counts (as of `_counts`) of targets that fit the filters, with what is known of them."""
        self._lend_facts(self._of_chosen_articles(counts))
        return self._frame("targets", self.filters.of_targets)

    def _of_chosen_articles(self, counts: pa.Table) -> pa.Table:
        """Fewer rows to join with what is known of them."""
        chosen = self._chosen_articles()
        return counts if chosen is None else counts.filter(pc.is_in(counts["article_id"], chosen))

    def _lend_facts(self, counts: pa.Table) -> None:
        self.snapshot.lend("counts", counts)
        self.snapshot.lend("article_facts", self.facts.table(self.snapshot, "article_facts"))
        self.snapshot.lend("section_facts", self.facts.table(self.snapshot, "section_facts"))

    def articles(self) -> pd.DataFrame:
        """The rows of `targets` that are articles as a whole."""
        return self.targets(of_sections=False)

    def sections(self) -> pd.DataFrame:
        """The rows of `targets` that are sections."""
        return self.targets(of_sections=True)

    def steps(self, step: str, *, of_sections: bool, late_after: timedelta | None = None) -> pd.DataFrame:
        """One row per step of the period, cut in the newsroom's zone. Columns: queries/step_counts.sql, ends_at.

        With late_after also late_votes: of its votes, those that the log took so long after the step's end, or later.
        """
        edges = steps_of(self.period, step, self.zone)
        begins, ends = (pa.array(some, pa.timestamp("us", "UTC")) for some in (edges[:-1], edges[1:]))
        self.snapshot.lend("steps", pa.table({"step_at": begins, "ends_at": ends}))
        chosen = {**self._choose(), "of_sections": of_sections}
        table = as_frame(self._step_counts(step, edges, **chosen))
        table = table.assign(ends_at=pd.Series(edges[1:], dtype=table["step_at"].dtype))
        if late_after is None:
            return table
        late_us = late_after // timedelta(microseconds=1)
        late = as_frame(self._of_segments("late_counts", **chosen, late_us=late_us))
        found = late.set_index("step_at")["late_votes"]
        return table.assign(late_votes=table["step_at"].map(found).fillna(0).astype(np.int64))

    def _step_counts(self, step: str, edges: Sequence[datetime], **chosen: object) -> pa.Table:
        self.snapshot.lend("parts", self._parts_of_steps(step, edges, **chosen))
        return self.snapshot.table(read_query("step_counts"))

    def _parts_of_steps(self, step: str, edges: Sequence[datetime], **chosen: object) -> pa.Table:
        """By the sums of days where all steps begin with such days, by those of hours where they are current."""
        zone, cuts = self.known.sums.zone, [at for at in edges if self.period.since < at < self.period.until]
        if self._counts_entries:
            return self._of_entries("step_counts", **chosen)
        if zone is not None and step != "hour" and all(begins_a_day(at, zone) for at in cuts):
            return self._of_sums("steps", **chosen)
        ends = (self.period.since, self.period.until, *edges)
        if self.known.is_now and all(at.timestamp() % HOUR.total_seconds() == 0 for at in ends):
            return self._in_period("step_counts_by_hour", **chosen)
        return self._of_entries("step_counts", **chosen)

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

    def versions(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Of the article that the filters name. Columns: queries/version_counts.sql, queries/version_pairs.sql."""
        answers = self._of_segments("article_answers", article_id=self.filters.article_id)
        self.snapshot.lend("article_answers", answers)
        return self._frame("version_counts", {}), self._frame("version_pairs", {})

    def version_times(self) -> pd.DataFrame:
        """When each version of the chosen articles was published. Columns: queries/version_times.sql."""
        times, chosen = self.facts.table(self.snapshot, "version_times"), self._chosen_articles()
        return as_frame(times if chosen is None else times.filter(pc.is_in(times["article_id"], chosen)))

    def mind_changes(self) -> pd.DataFrame:
        """Columns: queries/mind_changes.sql, of the targets that fit the filters, with what `targets` knows of them."""
        changes = self._of_segments("mind_changes")
        # Not of targets(): those have a vote that stands, and a target of which all was taken back has none.
        answered = pa.table({name: changes[name] for name in ("article_id", "section_id")})
        answers, none = changes["answers"], pa.array(np.zeros(len(changes), dtype=np.int64))
        known = self._described(answered.append_column("votes", answers).append_column("useful", none))
        return as_frame(changes).merge(known, on=["article_id", "section_id"], how="inner")

    def entries(self, of: str) -> int:
        """How many notes about drops (drop_notes), annotations, saved_views or deliveries were known then.

        Positions that name no number of them, those of another question, stand for the moment of the last commit before
        them; a time stands for itself. Raises QueryError when as_of names more than there are.
        """
        known = self.known
        if known.notes is None:
            until = (known.asked_at or known.as_of or BEFORE_ALL) if known.was_asked else None
            return self._entries_until(of, until)
        if known.notes > (held := self._entries_until(of, None)):
            raise QueryError(f"as_of names {known.notes} {of.replace('_', ' ')}; the store has {held}.")
        return known.notes

    def _entries_until(self, of: str, until: datetime | None) -> int:
        counted = self.snapshot.table(read_query(f"{of}_known"), {"until": until})
        return int(counted["entries"][0].as_py())

    def written(self, of: str, entries: int, **bound: object) -> pd.DataFrame:
        """What stands after so many entries. Columns: queries/annotations.sql, saved_views.sql or deliveries.sql."""
        return self._frame(of, {"entries": entries, **bound})

    def drop_notes(self, watch: str, notes: int) -> pd.DataFrame:
        """The last of so many notes about each target of a watch. Columns: queries/drop_notes.sql."""
        return self._frame("drop_notes", {"watch": watch, "notes": notes})

    def events(self, *, of_sections: bool | None, standing: bool, vote: str | None, most: int) -> pd.DataFrame:
        """Columns: queries/events_behind.sql."""
        told = {"of_sections": of_sections, "standing": standing, "vote": vote, "most": most}
        if self.filters.choose_targets and self.least_votes <= 1:
            # Not the targets of votes that stand: of some all may be taken back.
            self._lend_chosen(self._described(self._in_period("answered_targets")))
            self.snapshot.lend("chosen_articles", ARTICLE.empty_table())
            chosen = {"every_article": True, "everything": False}
        else:
            chosen = self._choose()
        return as_frame(self._of_segments("events_behind", **chosen, **told))

    def batches(self) -> dict[str, Any]:
        """What is told of all batches before the positions. Columns: queries/known_as_of.sql."""
        return batches_before(self.snapshot)

    def records(self, question: str) -> pd.DataFrame:
        """ledger or dead_letters, by time of receipt."""
        return as_frame(self._in_period(question, source=self.filters.source))

    def announced(self, question: str) -> pd.DataFrame:
        """announced_articles or announced_sections, of the article that the filters name, or of all."""
        return self._frame(question, {"article_id": self.filters.article_id})

    def _chosen_articles(self) -> pa.Array | None:
        """The ids of the articles that fit the filters; None when there is nothing to choose by."""
        filters = self.filters
        wanted = {
            "topic": filters.topic,
            "author": filters.author,
            "language": filters.language,
            "ai_generated": filters.ai,
        }
        if any(value is not None for value in wanted.values()):
            facts = self.facts.table(self.snapshot, "article_facts")
            fitting = those_that_fit(facts, {**wanted, "article_id": filters.article_id})
            return fitting["article_id"].combine_chunks()
        return None if filters.article_id is None else pa.array([filters.article_id])

    def _choose(self) -> dict[str, bool]:
        """Lends what fits the filters: articles as `chosen_articles`, targets as `chosen` where sections are chosen.

        every_article, everything: there is nothing to choose by.
        """
        articles, filters = self._chosen_articles(), self.filters
        none = pa.array([], pa.string()) if articles is None else articles
        self.snapshot.lend("chosen_articles", pa.Table.from_arrays([none], schema=ARTICLE))
        everything = self.least_votes <= 1 and filters.section_id is None and filters.kind is None
        if everything:
            self.snapshot.lend("chosen", TARGET.empty_table())
        elif self.least_votes > 1:
            self._lend_chosen(self.targets())
        elif filters.kind in (None, "other"):
            # Sections that were never announced are among these, and are known by their votes only.
            always = self.during(_all_time(self.known)).without("source", "locale", "device", "referrer")
            self._lend_chosen(always.targets(of_sections=True))
        else:
            facts = self.facts.table(self.snapshot, "section_facts")
            wanted = {"kind": filters.kind, "section_id": filters.section_id}
            self.snapshot.lend("chosen", those_that_fit(facts, wanted).select(TARGET.names))
        return {"every_article": articles is None, "everything": everything}

    def _lend_chosen(self, targets: pd.DataFrame) -> None:
        found = targets[["article_id", "section_id"]]
        self.snapshot.lend("chosen", pa.Table.from_pandas(found, TARGET, preserve_index=False))

    def _frame(self, question: str, bound: Mapping[str, Any]) -> pd.DataFrame:
        return as_frame(self.snapshot.table(read_query(question), bound))


def _added_up(parts: pa.Table) -> pa.Table:
    """Columns of queries/target_counts_of_segments.sql. By Arrow: lent to a query it took five times as long."""
    deltas = [("votes_delta", "sum"), ("useful_delta", "sum")]
    sums = parts.group_by(TARGET.names).aggregate(deltas).rename_columns(COUNTS)
    return sums.filter(pc.greater(sums["votes"], 0))


def _all_time(known: Known) -> Period:
    """Every hour that has votes."""
    begin, end = known.first_vote_hour, known.newest_vote_hour
    if begin is None or end is None:
        return Period(datetime(2000, 1, 1, tzinfo=UTC), datetime(2000, 1, 2, tzinfo=UTC))
    return Period(begin.astimezone(UTC), end.astimezone(UTC) + HOUR)
