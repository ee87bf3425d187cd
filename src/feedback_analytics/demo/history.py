"""The demo's past: a month of votes as plausible readers would have cast them.

Ids and answers follow from the seed alone, times from the anchor too. So a second load of the same history is a second
sending of the same events, each a duplicate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import count
from typing import NamedTuple

import numpy as np

from feedback_analytics.contract import Vote
from feedback_analytics.demo.articles import Article, announcements, articles
from feedback_analytics.demo.audience import ARTICLE_ANSWER, SECTION_ANSWERS, Audience, Visitor
from feedback_analytics.demo.ballots import answer, ballot
from feedback_analytics.demo.truth import Target, true_shares

_VISITS = 100_000
# Most do not happen: they would come at night or after the anchor. What remains casts some 75,000 votes in thirty days.
_CHANGES = 0.04
_TAKES_BACK = 0.012
_RETRIES = 0.006
_DAY_MS = 86_400_000


class _Rolls(NamedTuple):
    """The dice of one target on one visit, each in [0, 1)."""

    answers: float
    useful: float
    mind: float
    pause: float
    retry: float


def history(seed: int, days: float, anchor: datetime) -> Iterator[bytes]:
    """CloudEvents in order of time: the announcements, then the votes of the `days` (up to 30) before anchor (aware).

    About 75,000 votes for 30 days. Some readers change their mind, some take their answer back, and some events come
    twice with the same bytes, as a retry does. Last answers are drawn from `true_shares(seed)`.
    """
    yield from announcements(anchor)
    audience, shares = Audience(seed), true_shares(seed)
    dated = [
        pair
        for number, article in enumerate(articles())
        for pair in _votes_for(article, number, audience, shares, seed, days, anchor)
    ]
    dated.sort(key=lambda pair: pair[0])
    for _, event in dated:
        yield event


def _votes_for(
    article: Article,
    number: int,
    audience: Audience,
    shares: Mapping[Target, float],
    seed: int,
    days: float,
    anchor: datetime,
) -> Iterator[tuple[int, bytes]]:
    """(milliseconds since 1970, event) of every vote for the article and its sections."""
    chance = np.random.default_rng([seed, 2, number])
    places = [(None, ARTICLE_ANSWER), *zip((s.id for s in article.sections), SECTION_ANSWERS, strict=True)]
    # All dice are thrown for all visits, so that ids and answers do not depend on which of them the anchor lets happen.
    visits = audience.visits(chance, int(_VISITS * audience.draw[number]))
    rolls = chance.random((len(visits.ages), len(places), len(_Rolls._fields)))
    happened = audience.happen(visits, chance.random(len(visits.ages)), article, days, anchor)
    published_ms, anchor_ms = _milliseconds(article.published_at(anchor)), _milliseconds(anchor)
    revised_at = article.revised_at(anchor)
    revised_ms = math.inf if revised_at is None else _milliseconds(revised_at)
    for visit in np.flatnonzero(happened).tolist():
        visitor = audience.visitor(visits.readers[visit], visits.referrers[visit])
        opened_ms = published_ms + int(visits.ages[visit] * _DAY_MS)
        version = 2 if opened_ms >= revised_ms else 1
        for place, (section_id, answers) in enumerate(places):
            dice = _Rolls(*rolls[visit, place].tolist())
            if dice.answers < answers:
                target = Target(article.id, version, section_id)
                event_id = f"demo-{seed}-{article.id}-{visit}-{place}"
                yield from _ballots(event_id, opened_ms, anchor_ms, visitor, target, shares[target], dice)


def _ballots(
    event_id: str, opened_ms: int, anchor_ms: int, visitor: Visitor, target: Target, share: float, dice: _Rolls
) -> Iterator[tuple[int, bytes]]:
    at_ms = opened_ms + int(dice.pause * 240_000)
    for number, vote in zip(count(), _answers(dice.useful < share, dice.mind), strict=False):
        at_ms = min(at_ms, anchor_ms - 1_000)
        event = ballot(f"{event_id}-{number}", at_ms, visitor, target, vote)
        yield at_ms, event
        if dice.retry < _RETRIES:
            yield min(at_ms + 3_000, anchor_ms), event
        at_ms += 5_000 + int(dice.pause * 1_800_000)


def _answers(is_useful: bool, mind: float) -> list[Vote]:
    """What a reader says in turn. The last answer decides, so the truth is that of the last."""
    if mind < _CHANGES:
        return [answer(not is_useful), answer(is_useful)]
    if mind < _CHANGES + _TAKES_BACK:
        return [answer(is_useful), "retracted"]
    return [answer(is_useful)]


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
