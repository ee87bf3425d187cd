"""The demo's present: readers who vote now, change their mind, retry, come late, and now and then send nonsense."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from feedback_analytics.contract import Vote
from feedback_analytics.demo.articles import Article, articles
from feedback_analytics.demo.audience import ARTICLE_ANSWER, SECTION_ANSWERS, Audience, Visitor
from feedback_analytics.demo.ballots import answer, ballot
from feedback_analytics.demo.nonsense import NONSENSE
from feedback_analytics.demo.truth import Target, true_shares


class Kind(StrEnum):
    """What an event is to the reader who sends it."""

    vote = "vote"
    change = "change"
    take_back = "take_back"
    late = "late"
    retry = "retry"
    bad = "bad"


@dataclass(frozen=True, slots=True)
class Sending:
    """An event on its way, and what it is."""

    kind: Kind
    event: bytes


@dataclass(frozen=True, slots=True)
class _Given:
    visitor: Visitor
    target: Target
    is_useful: bool
    at_ms: int


_WEIGHTS = {
    Kind.vote: 0.89,
    Kind.change: 0.06,
    Kind.take_back: 0.01,
    Kind.late: 0.02,
    Kind.retry: 0.014,
    Kind.bad: 0.006,
}
_REMEMBERED = 400
# Answers that may still be changed, and events that may still be sent again.
_LATEST_HOURS = 48
# How long a reader's device may have been without a network.


def readers(seed: int, now: Callable[[], datetime]) -> Iterator[Sending]:
    """Readers' events without end, each at the moment it is asked for; `now` gives aware times.

    Deterministic by seed and the times that now gives. Ids hold the time of the start, so a second run with the same
    seed is the same readers voting again, not the same events. Last answers are drawn from `true_shares(seed)`.
    """
    crowd = _Crowd(seed, now)
    while True:
        yield crowd.next_sending()


class _Crowd:
    """The readers of one run, with what they said last."""

    def __init__(self, seed: int, now: Callable[[], datetime]) -> None:
        self._now = now
        self._run = f"demo-{seed}-{self._now_ms():x}"
        self._audience, self._shares = Audience(seed), true_shares(seed)
        self._interest = self._audience.interest()
        self._chance = random.Random(self._run)
        self._arrivals = np.random.default_rng([seed, self._now_ms()])
        self._given: deque[_Given] = deque(maxlen=_REMEMBERED)
        self._sent: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._count = 0

    def next_sending(self) -> Sending:
        kind = self._chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        match kind:
            case Kind.bad:
                return Sending(kind, self._chance.choice(NONSENSE)(self._new_id(), self._now_ms()))
            case Kind.retry if self._sent:
                return Sending(kind, self._chance.choice(self._sent))
            case Kind.change if self._given:
                return self._change_of_mind()
            case Kind.take_back if self._given:
                return self._again(kind, self._take_given(), "retracted")
            case Kind.late:
                return self._vote(kind, self._now_ms() - self._chance.randrange(_LATEST_HOURS * 3_600_000))
            case _:
                return self._vote(Kind.vote, self._now_ms())

    def _vote(self, kind: Kind, at_ms: int) -> Sending:
        target = self._some_target()
        reader = int(self._audience.some_readers(self._arrivals, 1)[0])
        visitor = self._audience.visitor(reader, int(self._audience.some_referrers(self._arrivals, 1)[0]))
        is_useful = self._chance.random() < self._shares[target]
        self._given.append(_Given(visitor, target, is_useful, at_ms))
        return self._send(kind, ballot(self._new_id(), at_ms, visitor, target, answer(is_useful)))

    def _change_of_mind(self) -> Sending:
        """A second answer drawn like the first, so that the truth stays true; the same one again is a mere vote."""
        given = self._take_given()
        is_useful = self._chance.random() < self._shares[given.target]
        kind = Kind.vote if is_useful == given.is_useful else Kind.change
        return self._again(kind, given, answer(is_useful))

    def _again(self, kind: Kind, given: _Given, vote: Vote) -> Sending:
        at_ms = max(self._now_ms(), given.at_ms + 1)
        return self._send(kind, ballot(self._new_id(), at_ms, given.visitor, given.target, vote))

    def _some_target(self) -> Target:
        article: Article = self._chance.choices(articles(), self._interest.tolist())[0]
        places = [None, *(section.id for section in article.sections)]
        section_id = self._chance.choices(places, [ARTICLE_ANSWER, *SECTION_ANSWERS])[0]
        return Target(article.id, article.version, section_id)

    def _take_given(self) -> _Given:
        position = self._chance.randrange(len(self._given))
        given = self._given[position]
        del self._given[position]
        return given

    def _send(self, kind: Kind, event: bytes) -> Sending:
        self._sent.append(event)
        return Sending(kind, event)

    def _new_id(self) -> str:
        self._count += 1
        return f"{self._run}-{self._count}"

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)
