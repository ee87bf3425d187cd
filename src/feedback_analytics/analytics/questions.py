"""The questions: each a method with its SQL file, its parameters and the columns of its table.

    answers = Answers(reader)
    fresh = answers.freshness().iloc[0]
    period = last_days(28, now=now, first_vote_at=fresh.first_vote_hour, newest_vote_at=fresh.newest_vote_hour)
    answers.articles(period)[["title", "votes", "useful_share", "verdict"]]

Tables are pandas DataFrames. Shares run from 0 to 1, times are aware UTC, periods are half-open. The columns that SQL
gives stand at the head of its file in `queries/`; the columns that `judged` adds are described there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from feedback_analytics.analytics.filters import KIND_ORDER
from feedback_analytics.analytics.intervals import running_interval, wilson_interval
from feedback_analytics.analytics.known import read_query
from feedback_analytics.analytics.periods import Period
from feedback_analytics.analytics.scope import as_frame
from feedback_analytics.analytics.verdicts import LEVEL, MIN_VOTES, typical_share, verdicts, votes_needed
from feedback_analytics.store import Reader, Snapshot

REMEMBERED_ANSWERS = 64
# Tables kept per snapshot: a page's handful for a few periods and articles. They serve all who look at the same time.


class Answers:
    """Answers questions from one store, as it is when asked. May be used from several threads.

    An answer is remembered until the store changes. Questions run one after another: two at once would share the same
    cores, and the second is often the same as the first.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lock = threading.RLock()
        self._open: Snapshot | None = None
        self._remembered_of = -1
        self._remembered: dict[tuple[object, ...], pd.DataFrame] = {}

    def snapshot_id(self) -> int:
        """Changes whenever the store does; cheap. Raises FeedbackError when the store cannot be read."""
        return self._reader.snapshot_id()

    @contextmanager
    def on_one_snapshot(self) -> Iterator[None]:
        """All questions inside are answered from the same state of the store, so that parts add up to their whole."""
        with self._lock:
            if self._open is not None:
                yield
                return
            with self._reader.snapshot() as snapshot:
                self._forget_unless(int(snapshot.table(read_query("snapshot"))["snapshot_id"][0].as_py()))
                self._open = snapshot
                try:
                    yield
                finally:
                    self._open = None

    def freshness(self) -> pd.DataFrame:
        """One row: how far the store has come. Columns: queries/freshness.sql."""
        return self._ask("freshness", {})

    def ledger_balance(self) -> pd.DataFrame:
        """One row: what became of every record, and does_balance. Columns: queries/ledger_balance.sql."""
        table = self._ask("ledger_balance", {})
        return table.assign(
            does_balance=table["received"] == table[["stored", "duplicate", "dead", "moved"]].sum(axis="columns")
        )

    def articles(self, period: Period) -> pd.DataFrame:
        """One row per article with votes for the article as a whole, judged against the typical article.

        Columns: article_id, title, topic, author, ai_generated, votes, useful and those of `judged`. Ordered by votes,
        most first, then article_id.
        """
        targets = self._targets(period)
        rows = targets[targets["section_id"].isna()]
        columns = ["article_id", "title", "topic", "author", "ai_generated", "votes", "useful"]
        rows = rows.sort_values(["votes", "article_id"], ascending=[False, True])[columns].reset_index(drop=True)
        return judged(rows, typical_share(rows["useful"], rows["votes"]))

    def sections(self, period: Period) -> pd.DataFrame:
        """One row per section with votes, judged against the typical section of its kind.

        Columns: article_id, section_id, title, heading, kind, position, ai_generated, votes, useful and those of
        `judged`. Ordered by article_id, position, section_id.
        """
        targets = self._targets(period)
        rows = targets[targets["section_id"].notna()].drop(columns=["topic", "author"]).reset_index(drop=True)
        typical = {kind: typical_share(of["useful"], of["votes"]) for kind, of in rows.groupby("kind")}
        return judged(rows, rows["kind"].map(typical).to_numpy(dtype=np.float64))

    def overview(self, period: Period) -> pd.DataFrame:
        """Two rows, article and section: votes for articles as a whole, and for sections, summed over all of them.

        Columns: target, targets (how many have votes), votes, useful, useful_share, useful_share_low, useful_share_high
        (95 % Wilson; without votes the share is NaN and the interval 0 to 1).
        """
        targets = self._targets(period)
        is_article = targets["section_id"].isna()
        rows = [
            {"target": name, "targets": len(of), "votes": of["votes"].sum(), "useful": of["useful"].sum()}
            for name, of in (("article", targets[is_article]), ("section", targets[~is_article]))
        ]
        return with_shares(pd.DataFrame(rows))

    def kinds(self, period: Period) -> pd.DataFrame:
        """One row per kind of section with votes, in the order of the house format.

        Columns: kind, sections, votes, useful, useful_share, useful_share_low, useful_share_high.
        """
        targets = self._targets(period)
        order = pd.CategoricalDtype(KIND_ORDER, ordered=True)
        rows = targets.assign(kind=targets["kind"].astype(order)).groupby("kind", observed=True)
        table = rows.agg(sections=("votes", "size"), votes=("votes", "sum"), useful=("useful", "sum")).reset_index()
        return with_shares(table.assign(kind=table["kind"].astype(str)))

    def over_time(self, period: Period, article_id: str | None = None) -> pd.DataFrame:
        """One row per step of the period, of votes for articles as a whole or for one article.

        Columns: queries/usefulness_over_time.sql, useful_share, useful_share_low, useful_share_high; below 10 votes
        these are NaN.
        """
        parameters = {"since": period.since, "until": period.until, "step": period.step, "article_id": article_id}
        table = with_shares(self._ask("usefulness_over_time", parameters))
        shares = ["useful_share", "useful_share_low", "useful_share_high"]
        return table.assign(**{name: table[name].where(table["votes"] >= MIN_VOTES) for name in shares})

    def article(self, article_id: str) -> pd.DataFrame:
        """One row: what is known of the article; none when it is unknown. Columns: queries/article.sql."""
        return self._ask("article", {"article_id": article_id})

    def article_versions(self, article_id: str) -> pd.DataFrame:
        """One row per announced version, oldest first. Columns: queries/article_versions.sql."""
        return self._ask("article_versions", {"article_id": article_id})

    def outline(self, article_id: str, period: Period) -> pd.DataFrame:
        """One row per section of an article, announced or voted on in the period, in the order of reading.

        Columns: section_id, heading, kind, position, is_current, votes, useful and those of `judged`; sections without
        votes have 0 of 0. is_current: the latest version has it, or nothing was announced.
        """
        announced = self._ask("article_sections", {"article_id": article_id})
        voted = self.sections(period)
        counts = voted.loc[voted["article_id"] == article_id, ["section_id", "heading", "kind", "votes", "useful"]]
        rows = announced.merge(counts, on="section_id", how="outer", suffixes=("", "_voted"))
        rows = rows.assign(
            heading=rows["heading"].fillna(rows["heading_voted"]),
            kind=rows["kind"].fillna(rows["kind_voted"]),
            is_current=rows["is_current"].astype("boolean").fillna(announced.empty).astype(bool),
            votes=rows["votes"].fillna(0).astype(np.int64),
            useful=rows["useful"].fillna(0).astype(np.int64),
        ).drop(columns=["heading_voted", "kind_voted"])
        typical = voted.drop_duplicates("kind").set_index("kind")["reference_share"]
        rows = rows.sort_values(["position", "section_id"]).reset_index(drop=True)
        return judged(rows, rows["kind"].map(typical).fillna(0.5).to_numpy(dtype=np.float64))

    def _targets(self, period: Period) -> pd.DataFrame:
        return self._ask("target_usefulness", {"since": period.since, "until": period.until})

    def _ask(self, question: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
        with self.on_one_snapshot():
            assert self._open is not None
            key = (question, *parameters.values())
            if key not in self._remembered:
                if len(self._remembered) >= REMEMBERED_ANSWERS:
                    self._remembered.pop(next(iter(self._remembered)))
                self._remembered[key] = as_frame(self._open.table(read_query(question), parameters))
            return self._remembered[key].copy()

    def _forget_unless(self, snapshot_id: int) -> None:
        if snapshot_id != self._remembered_of:
            self._remembered_of = snapshot_id
            self._remembered.clear()


def with_shares(table: pd.DataFrame) -> pd.DataFrame:
    """The table with useful_share and its 95 % Wilson interval, useful_share_low to useful_share_high, for one look."""
    interval = wilson_interval(table["useful"], table["votes"], LEVEL)
    return table.assign(
        useful_share=(table["useful"] / table["votes"].where(table["votes"] > 0)).astype(np.float64),
        useful_share_low=interval.low,
        useful_share_high=interval.high,
    )


def judged(table: pd.DataFrame, reference_share: float | np.ndarray[Any, Any]) -> pd.DataFrame:
    """The table with shares and the verdict against a reference.

    useful_share, useful_share_low, useful_share_high  share of votes that say useful, 95 % Wilson: for one look
    running_low, running_high                          the interval that holds at every look; it gives the verdict
    reference_share                                    what the share is compared with
    verdict                                            Verdict: too_few, close, better, worse or unsure
    votes_needed                                       votes to a verdict if the share stays; infinite above 5,000
    """
    running = running_interval(table["useful"], table["votes"], LEVEL)
    return with_shares(table).assign(
        running_low=running.low,
        running_high=running.high,
        reference_share=reference_share,
        verdict=verdicts(table["useful"], table["votes"], reference_share),
        votes_needed=votes_needed(table["useful"], table["votes"], reference_share),
    )
