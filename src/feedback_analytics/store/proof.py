"""The proof of the ledger: received = stored + duplicate + dead + moved, from sides that know nothing of each other.

Nothing here believes a count that another row could tell: batches are checked against the log's own seal and against
the positions, what they call stored against the rows of votes and articles, what they call dead against the kept dead
letters, the ledger against the batches, and the sums by hour, day and month against the entries. Take one row away from
any of them by hand, and a sentence names the place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from feedback_analytics.store.reader import Reader, Snapshot
from feedback_analytics.store.statements import statement

MOST_NAMED = 20
# Problems of one kind that are named; how many more there are is said.


class Range(Protocol):
    """The offsets that a partition of a log holds now: [earliest, next)."""

    @property
    def earliest(self) -> int: ...
    @property
    def next(self) -> int: ...


class RangeSeal(Protocol):
    """A range of records as the log remembers it: how many, and the xor of their hashes."""

    @property
    def count(self) -> int: ...
    @property
    def xor(self) -> int: ...


class SealedLog(Protocol):
    """What the proof asks of a log; every log of the service answers it."""

    def log_id(self, topic: str) -> str: ...
    def ranges(self, topic: str) -> Mapping[int, Range]: ...
    def seal(self, topic: str, partition: int, first: int, next: int) -> RangeSeal | None: ...


@dataclass(frozen=True, slots=True)
class LedgerProof:
    """What the proof found. problems: why it does not hold, a sentence each. unproven: what nobody can tell any more.

    totals: received, stored, duplicate, dead and moved over all batches, and id_reused.
    """

    problems: tuple[str, ...]
    unproven: tuple[str, ...]
    totals: Mapping[str, int]

    @property
    def holds(self) -> bool:
        return not self.problems


@dataclass(frozen=True, slots=True)
class _Chain:
    """The batches of a partition between two accepted losses: they cover [first, next) of its log."""

    log_id: str
    topic: str
    partition: int
    first: int
    next: int
    received: int
    seal: int

    @property
    def name(self) -> str:
        return f"{self.topic}[{self.partition}]"


def prove_ledger(reader: Reader, log: SealedLog | None) -> LedgerProof:
    """Prove the ledger on one snapshot of the store; log=None leaves the comparison with the log out, as unproven.

    Reads all of raw.votes: some seconds at 10 million votes.
    """
    problems: list[str] = []
    unproven: list[str] = []
    with reader.snapshot() as snapshot:
        snapshot.offer_positions()
        for kind in INSIDE:
            problems += _named(snapshot, kind)
        for chain in _chains(snapshot):
            _compare_with_log(chain, log, problems, unproven)
        totals = snapshot.table(statement("prove_totals")).to_pylist()[0]
    return LedgerProof(tuple(problems), tuple(unproven), totals)


INSIDE = {
    "prove_chain": (
        "{topic}[{partition}]: {what} at offset {offset}; batches must join from {earliest} to the position {position}."
    ),
    "prove_outcomes": (
        "{topic}[{partition}], batch {batch}: received {received} is not stored {stored} + duplicate {duplicate} "
        "+ dead {dead} + moved {moved}."
    ),
    "prove_stored": (
        "{topic}[{partition}], offsets {first} to {last}, batch {batch}: {claimed} events were stored, "
        "but raw.votes and raw.articles hold {found}."
    ),
    "prove_dead": (
        "{topic}[{partition}], offsets {first} to {last}, batch {batch}: {claimed} records died, "
        "but raw.dead_letters holds {found}."
    ),
    "prove_ledger": "batch {batch}: raw.batches counts {claimed} {outcome}, but raw.ledger {found}.",
    "prove_hours": (
        "article {article}, section {section}, version {version}, hour {hour}: the entries of raw.votes sum to "
        "{votes} votes, {useful} useful, but raw.usefulness_hourly to {hourly_votes}, {hourly_useful}."
    ),
    "prove_days": (
        "article {article}, section {section}, day from {day}: the folded entries of raw.votes sum to {votes} votes, "
        "{useful} useful, but raw.usefulness_daily to {daily_votes}, {daily_useful}."
    ),
    "prove_months": (
        "article {article}, section {section}, month from {month}: raw.usefulness_daily sums to {votes} votes, "
        "{useful} useful, but raw.usefulness_monthly to {monthly_votes}, {monthly_useful}."
    ),
}
# Each file finds the rows that contradict each other; the sentence tells of one.


def _named(snapshot: Snapshot, kind: str) -> list[str]:
    found = snapshot.table(statement(kind)).to_pylist()
    told = [INSIDE[kind].format(**{key: _shown(value) for key, value in row.items()}) for row in found[:MOST_NAMED]]
    if len(found) > MOST_NAMED:
        told.append(f"… and {len(found) - MOST_NAMED} more of this kind.")
    return told


def _shown(value: Any) -> str:
    return "(none)" if value is None else str(value)


def _chains(snapshot: Snapshot) -> list[_Chain]:
    rows = snapshot.table(statement("prove_chains")).to_pylist()
    return [_Chain(**row) for row in rows]


def _compare_with_log(chain: _Chain, log: SealedLog | None, problems: list[str], unproven: list[str]) -> None:
    where = f"{chain.name}, offsets {chain.first} to {chain.next - 1}"
    if log is None:
        unproven.append(f"{where}: not compared with the log.")
        return
    if log.log_id(chain.topic) != chain.log_id:
        unproven.append(f"{where}: came from log {chain.log_id}, which is not this one.")
        return
    end = log.ranges(chain.topic)[chain.partition].next
    if chain.next > end:
        problems.append(f"{where}: the log ends at {end}.")
        return
    seal = log.seal(chain.topic, chain.partition, chain.first, chain.next)
    if seal is None:
        unproven.append(f"{where}: the log no longer holds them, nor a seal of them.")
    elif seal.count != chain.received:
        problems.append(f"{where}: the log holds {seal.count} records, the batches {chain.received}.")
    elif seal.xor != chain.seal:
        problems.append(f"{where}: the records of the log are not those that the batches took (their hashes differ).")
