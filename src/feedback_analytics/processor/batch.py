"""The processor: batches of records become part of the store, each event exactly once. The only processing there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from feedback_analytics.contract import ARTICLES_TOPIC, VOTES_TOPIC
from feedback_analytics.errors import Fenced, LogError, StoreBusy, StoreError
from feedback_analytics.processor.articles import prepare_articles
from feedback_analytics.processor.batches import Batch
from feedback_analytics.processor.index import Indexes
from feedback_analytics.processor.prepared import MOVED_FROM, Move, PreparedVotes, Records, lay_out, prepare_votes
from feedback_analytics.processor.projection import Projected, project
from feedback_analytics.processor.rows import outcomes_of
from feedback_analytics.processor.steps import Step, StepClock, Steps
from feedback_analytics.processor.transaction import Prepared, Transaction
from feedback_analytics.store import CommitRows, Writer

APPEND_SECONDS = 30.0
"""Longest wait until records given back to the log are durable; after it the batch, or the replay, is tried again."""

PlaceName = tuple[str, int]
"""Topic and partition."""


@dataclass(frozen=True, slots=True)
class TopicIdentity:
    """What the log says of a topic: its identity, its number of partitions, and per partition (earliest, next)."""

    log_id: str
    partitions: int
    ranges: Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class OutgoingRecord:
    """A record for the log: one that is on its way home, or a dead letter sent again."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


Append = Callable[[Sequence[OutgoingRecord]], "Future[object]"]
"""Gives records to the log; the future is done when they are durable."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What one transaction did: counts over all its records, and the next offset of each partition it moved.

    committed_at is None when the store had the batch but its answer was lost.
    """

    batch_id: str
    committed_at: datetime | None
    received: int
    stored: int
    duplicate: int
    dead: int
    moved: int
    dead_by_reason: Mapping[str, int]
    positions: Mapping[PlaceName, int]
    newest_received_at_us: int | None


class Processor:
    """Turns batches into transactions. One thread at a time; only prepare may run beside the others."""

    def __init__(
        self,
        writer: Writer,
        indexes: Indexes,
        *,
        identify: Callable[[str], TopicIdentity],
        ends: Callable[[str], Mapping[int, int]],
        append: Append,
        secret: bytes,
        worker: str,
        now: Callable[[], datetime],
        new_batch_id: Callable[[], str],
        steps: Steps | None = None,
    ) -> None:
        self._writer, self._indexes = writer, indexes
        self._identify, self._ends, self._append = identify, ends, append
        self._secret, self._worker = secret, worker
        self._now, self._new_batch_id = now, new_batch_id
        self.steps: Steps = StepClock() if steps is None else steps
        self._topics: dict[str, TopicIdentity] = {}
        self._segments: set[int] = set(writer.known_segments())
        self.positions: dict[PlaceName, int] = {}
        self.stopped: dict[PlaceName, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._indexes.close()

    def claim(self, places: set[PlaceName]) -> dict[PlaceName, int]:
        """Take over partitions: the next offset of each, from the store.

        A partition that must not be processed (its position lies outside the log, or the log is another one) is left
        out, and `stopped` says why. Partitions held so far and not named are released. Safe to repeat.
        """
        self.release(set(self.positions) - places)
        self.stopped = {}
        for topic in sorted({topic for topic, _ in places}):
            self._claim_topic(topic, sorted(partition for name, partition in places if name == topic))
        return {place: self.positions[place] for place in places if place in self.positions}

    def _claim_topic(self, topic: str, partitions: Sequence[int]) -> None:
        identity = self._topics[topic] = self._identify(topic)
        earliest = {partition: first for partition, (first, _) in identity.ranges.items()}
        try:
            self._writer.register_topic(identity.log_id, topic, identity.partitions, earliest)
        except StoreBusy:
            raise
        except StoreError as error:
            self._stop(topic, partitions, str(error))
            return
        claimed = self._writer.claim(identity.log_id, topic, partitions)
        for partition in partitions:
            first, end = identity.ranges[partition]
            position = claimed[partition]
            if not first <= position <= end:
                self._stop(topic, [partition], _outside(topic, partition, position, first, end))
                continue
            if topic == VOTES_TOPIC:
                self._indexes.open(partition, identity.log_id, position)
            self.positions[(topic, partition)] = position

    def _stop(self, topic: str, partitions: Iterable[int], why: str) -> None:
        for partition in partitions:
            self.release({(topic, partition)})
            self.stopped[(topic, partition)] = why

    def release(self, places: set[PlaceName]) -> None:
        """Let go of partitions that went to another owner."""
        for place in places:
            self.positions.pop(place, None)
            if place[0] == VOTES_TOPIC:
                self._indexes.release(place[1])

    def process(self, batches: Sequence[Batch]) -> BatchResult | None:
        """Make the batches of one or more partitions part of the store, exactly once; None when they are already.

        1. Skip records below the position the store already holds for their partition.
        2. Decode; what cannot be decoded becomes a dead letter with its reason. Records that are not at home are
           appended there, and acknowledged.
        3. Read the standing votes and project the events onto them: entries, duplicates.
        4. Commit entries, rollups, dead letters, ledger and positions in one transaction.
        5. Advance the index of standing votes; it may lag, never lead.

        Only after 4 may the caller acknowledge. Anything raised before leaves the store as it was; call again.
        Raises Fenced when a partition is no longer ours, or its records do not join what is stored.
        """
        joined = self._skip_stored(batches)
        return self.commit(self.prepare(joined)) if joined else None

    def save_checkpoints(self) -> int:
        """Begin copies of the indexes for those who own their partitions next; how many were worth it."""
        return self._indexes.save_checkpoints()

    def prepare(self, batches: Sequence[Batch]) -> Prepared:
        """The first half of step 2, without store or index: may run while another batch commits."""
        self.steps.enter(Step.PREPARE)
        votes = [batch for batch in batches if batch.topic == VOTES_TOPIC]
        articles = [batch for batch in batches if batch.topic == ARTICLES_TOPIC]
        return Prepared(
            prepare_votes(lay_out(votes), self._secret, self._topics[VOTES_TOPIC].partitions) if votes else None,
            prepare_articles(lay_out(articles), self._topics[ARTICLES_TOPIC].partitions) if articles else None,
        )

    def commit(self, prepared: Prepared) -> BatchResult:
        """Steps 3 to 5. The batches must begin at the positions held, else Fenced."""
        self._refuse_gaps(prepared)
        projected = self._project(prepared.votes)
        self._send_home(prepared)
        self.steps.enter(Step.COLUMNS)
        log_ids = {topic: identity.log_id for topic, identity in self._topics.items()}
        ends = {(topic, at): end for topic in prepared.topics() for at, end in self._ends(topic).items()}
        transaction = Transaction(self._new_batch_id(), log_ids, self._secret, self._worker, self._now(), ends)
        rows = transaction.gather(prepared, projected, self._segments, self._writer.article_hashes)
        self.steps.enter(Step.TRANSACTION)
        committed_at = self._commit_once(rows)
        self.steps.enter(Step.BETWEEN)
        self._settle(prepared, projected)
        self.steps.enter(Step.FETCH)
        return self._result(prepared, transaction, committed_at)

    def _skip_stored(self, batches: Sequence[Batch]) -> list[Batch]:
        """Step 1."""
        for batch in batches:
            if batch.place not in self.positions:
                raise Fenced({batch.place: None})
        kept = [batch.since(self.positions[batch.place]) for batch in batches]
        return [batch for batch in kept if batch.first_offset < batch.next_offset]

    def _refuse_gaps(self, prepared: Prepared) -> None:
        held = {
            (one.topic, run.partition): (run.first_offset, self.positions.get((one.topic, run.partition)))
            for one in prepared.records()
            for run in one.runs
        }
        wrong = {place: position for place, (first, position) in held.items() if first != position}
        if wrong:
            raise Fenced(wrong)

    def _project(self, votes: PreparedVotes | None) -> Projected | None:
        """Step 3."""
        if votes is None:
            return None
        self.steps.enter(Step.READ_INDEX)
        standing = self._indexes.standing(votes)
        self.steps.enter(Step.PROJECT)
        return project(votes.keys, votes.events, standing, lambda at, keys: self._indexes.look(votes, at, keys))

    def _send_home(self, prepared: Prepared) -> None:
        """The second half of step 2: records that are not at home are durable there before the position moves."""
        outgoing = [_moved(part.records, move) for part in prepared.parts() for move in part.moves]
        if not outgoing:
            return
        self.steps.enter(Step.MOVE)
        try:
            self._append(outgoing).result(timeout=APPEND_SECONDS)
        except TimeoutError as error:
            raise LogError(f"the log did not take {len(outgoing)} moved records in {APPEND_SECONDS:.0f} s") from error

    def _commit_once(self, rows: CommitRows) -> datetime | None:
        """Step 4. When the outcome is unknown the store is asked whether it has the batch."""
        try:
            return self._writer.commit(rows).committed_at
        except Fenced:
            raise
        except StoreError:
            if self._writer.committed(rows.batch_id):
                return None
            raise

    def _settle(self, prepared: Prepared, projected: Projected | None) -> None:
        """Step 5, and the positions this process knows."""
        for one in prepared.records():
            for run in one.runs:
                self.positions[(one.topic, run.partition)] = run.next_offset
        if prepared.votes is not None and projected is not None:
            self._segments.update(prepared.votes.segmented.segments)
            self.steps.enter(Step.WRITE_INDEX)
            self._indexes.advance(prepared.votes, projected)

    def _result(self, prepared: Prepared, transaction: Transaction, committed_at: datetime | None) -> BatchResult:
        counts = outcomes_of(transaction.ledger)
        newest = [int(one.received_at[-1]) for one in prepared.records() if len(one.received_at)]
        return BatchResult(
            transaction.batch_id,
            committed_at,
            counts["received"],
            counts["stored"],
            counts["duplicate"],
            counts["dead"],
            counts["moved"],
            transaction.dead_by_reason,
            {place: self.positions[place] for place in prepared.places()},
            max(newest, default=None),
        )


def _moved(records: Records, move: Move) -> OutgoingRecord:
    headers = {**records.headers.get(move.index, {}), MOVED_FROM: str(records.partition[move.index]).encode()}
    return OutgoingRecord(records.topic, move.partition, move.key, move.value, tuple(headers.items()))


def _outside(topic: str, partition: int, position: int, first: int, end: int) -> str:
    missing = f"{position} to {first - 1} are lost" if position < first else f"{end} to {position - 1} are not there"
    return (
        f"{topic}[{partition}]: the store's position is {position}, but the log holds {first} to {end}; "
        f"records {missing}. After checking, accept it with `feedback positions accept-loss {topic} {partition}`."
    )
