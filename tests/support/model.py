"""A plain reference model: what the store must hold after a history, worked out the slow and obvious way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from feedback_analytics.contract import event_hash

Target = tuple[str, str | None]


@dataclass(frozen=True)
class ModelVote:
    """One event of a history."""

    event_id: str
    source: str
    reader: str
    article_id: str
    section_id: str | None
    vote: str
    occurred_at: datetime
    version: int | None = None

    @property
    def target(self) -> Target:
        return (self.article_id, self.section_id)

    @property
    def rank(self) -> tuple[datetime, int]:
        """The answer with the greatest rank stands."""
        return (self.occurred_at, event_hash(self.source, self.event_id))


@dataclass
class Model:
    """Every distinct event counts once; per reader and target the greatest rank stands."""

    first_seen: dict[tuple[str, Target, int], ModelVote] = field(default_factory=dict)
    received: int = 0

    def receive(self, vote: ModelVote) -> None:
        self.received += 1
        self.first_seen.setdefault((vote.reader, vote.target, vote.rank[1]), vote)

    @property
    def stored(self) -> int:
        return len(self.first_seen)

    def standing(self) -> dict[tuple[str, Target], ModelVote]:
        """The standing answers, retractions among them."""
        best: dict[tuple[str, Target], ModelVote] = {}
        for (reader, target, _), vote in self.first_seen.items():
            old = best.get((reader, target))
            if old is None or vote.rank > old.rank:
                best[(reader, target)] = vote
        return best

    def counts(self) -> dict[Target, tuple[int, int]]:
        """(votes, useful) per target that has a standing vote."""
        sums: dict[Target, tuple[int, int]] = {}
        for (_, target), vote in self.standing().items():
            if vote.vote != "retracted":
                votes, useful = sums.get(target, (0, 0))
                sums[target] = (votes + 1, useful + (vote.vote == "useful"))
        return sums
