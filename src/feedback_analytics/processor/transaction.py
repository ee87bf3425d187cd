"""A transaction: everything that one commit puts into the store, gathered from what became of its records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from feedback_analytics.contract import VOTES_TOPIC
from feedback_analytics.processor.articles import PreparedArticles, not_stored_yet, section_rows
from feedback_analytics.processor.dead_letters import keep_dead
from feedback_analytics.processor.prepared import REPLAY_OF, PreparedVotes, Records
from feedback_analytics.processor.projection import Projected
from feedback_analytics.processor.rows import (
    Ledger,
    add_dead,
    add_moves,
    article_row,
    batch_rows,
    dead_letter_rows,
    vote_entries,
)
from feedback_analytics.store import CommitRows

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Batches decoded and laid out, ready to meet the index and the store."""

    votes: PreparedVotes | None
    articles: PreparedArticles | None

    def parts(self) -> list[PreparedVotes | PreparedArticles]:
        return [part for part in (self.votes, self.articles) if part is not None]

    def records(self) -> list[Records]:
        return [part.records for part in self.parts()]

    def topics(self) -> list[str]:
        return [one.topic for one in self.records()]

    def places(self) -> list[tuple[str, int]]:
        """The partitions that these batches move."""
        return [(one.topic, run.partition) for one in self.records() for run in one.runs]


@dataclass
class Transaction:
    """Gathers the rows of one commit.

    ends holds the log's next offset of partitions, where it is known.
    outcomes notes what became of single records, by (topic, index); one that is not named there was stored.
    """

    batch_id: str
    log_ids: Mapping[str, str]
    secret: bytes
    worker: str
    now: datetime
    ends: Mapping[tuple[str, int], int] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    dead_by_reason: dict[str, int] = field(default_factory=dict)
    outcomes: dict[tuple[str, int], str] = field(default_factory=dict)
    dead_letters: list[Row] = field(default_factory=list)
    articles: list[Row] = field(default_factory=list)
    article_sections: list[Row] = field(default_factory=list)

    def gather(
        self,
        prepared: Prepared,
        projected: Projected | None,
        known_segments: set[int],
        stored_hashes: Callable[[list[int]], set[int]],
    ) -> CommitRows:
        """The rows of the prepared batches, whose votes did what projected says."""
        entries, segments = None, []
        if prepared.votes is not None and projected is not None:
            entries = vote_entries(prepared.votes, projected)
            segments = _new_segments(prepared.votes, known_segments)
            self._count_votes(prepared.votes, projected)
        if prepared.articles is not None:
            self._add_articles(prepared.articles, stored_hashes)
        for part in prepared.parts():
            self._add_not_stored(part)
        return CommitRows(
            batch_id=self.batch_id,
            moves=self._moves(prepared.records()),
            votes=entries,
            votes_log=(self.log_ids.get(VOTES_TOPIC, ""), VOTES_TOPIC),
            segments=segments,
            batches=batch_rows(prepared.records(), self.log_ids, self.ledger, self.batch_id, self.worker, self.now),
            ledger=self.ledger.rows(self.batch_id),
            dead_letters=self.dead_letters,
            replays=[row for one in prepared.records() for row in self._replays(one)],
            articles=self.articles,
            article_sections=self.article_sections,
            lag_records=self._lag(prepared.records()),
        )

    def _count_votes(self, votes: PreparedVotes, projected: Projected) -> None:
        if len(votes):
            self.ledger.add_votes(votes, projected.is_stored)
        if votes.records.headers and projected.is_stored is not None:
            topic = votes.records.topic
            self.outcomes.update({(topic, at): "duplicate" for at in votes.at[~projected.is_stored].tolist()})

    def _add_articles(self, articles: PreparedArticles, stored_hashes: Callable[[list[int]], set[int]]) -> None:
        records = articles.records
        fresh = not_stored_yet(articles.announcements, stored_hashes)
        kept = {one.index for one in fresh}
        for one in articles.announcements:
            outcome = "stored" if one.index in kept else "duplicate"
            self.outcomes[(records.topic, one.index)] = outcome
            self.ledger.add(records, one.index, one.event.source, one.event.type, outcome)
        self.articles = [article_row(one, records, self.log_ids[records.topic], self.batch_id) for one in fresh]
        self.article_sections = [row for one in fresh for row in section_rows(one, self.batch_id)]

    def _add_not_stored(self, part: PreparedVotes | PreparedArticles) -> None:
        """The records that were sent home, and those that are dead."""
        records, topic = part.records, part.records.topic
        letters = keep_dead(part.dead, records.values, self.secret)
        add_moves(self.ledger, records, part.moves)
        add_dead(self.ledger, records, letters)
        self.dead_letters += dead_letter_rows(records, letters, self.log_ids[topic], self.batch_id)
        for letter in letters:
            self.dead_by_reason[letter.reason] = self.dead_by_reason.get(letter.reason, 0) + 1
        self.outcomes.update({(topic, letter.index): "dead" for letter in letters})
        self.outcomes.update({(topic, move.index): "moved" for move in part.moves})

    def _replays(self, records: Records) -> list[Row]:
        return [
            (
                headers[REPLAY_OF].decode(errors="replace"),
                self.now,
                self.outcomes.get((records.topic, index), "stored"),
                self.batch_id,
            )
            for index, headers in records.headers.items()
            if REPLAY_OF in headers
        ]

    def _moves(self, records: Iterable[Records]) -> dict[tuple[str, str, int], tuple[int, int]]:
        return {
            (self.log_ids[one.topic], one.topic, run.partition): (run.first_offset, run.next_offset)
            for one in records
            for run in one.runs
        }

    def _lag(self, records: Iterable[Records]) -> dict[tuple[str, str, int], int]:
        return {
            (self.log_ids[one.topic], one.topic, run.partition): max(
                0, self.ends[(one.topic, run.partition)] - run.next_offset
            )
            for one in records
            for run in one.runs
            if (one.topic, run.partition) in self.ends
        }


def _new_segments(votes: PreparedVotes, known: set[int]) -> list[Row]:
    return [
        (segment_id, one.source, one.locale, one.device, one.referrer_host)
        for segment_id, one in votes.segmented.segments.items()
        if segment_id not in known
    ]
