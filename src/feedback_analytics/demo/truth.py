"""The shares of readers that the demo's votes are drawn from: what a good dashboard should find again.

Each article has an appeal, each part of the house format its own, each section some chance of its own; sections that
their file calls weak lose much, until the article is revised. All of it follows from the seed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from feedback_analytics.demo.articles import Article, articles

# In log-odds: 0 is a share of 50 %, 1 of 73 %, −1 of 27 %. A share of about 72 % is typical.
_TYPICAL = 0.95
_APPEAL_SPREAD = 0.5
_OWN_SPREAD = 0.3
_WEAK = -1.3
_BY_KIND = {"whats_happening": 0.25, "why_its_important": 0.1, "whats_next": -0.35, "beyond_the_headlines": -0.05}


@dataclass(frozen=True, slots=True)
class Target:
    """What readers answer for: a section of a version of an article; section_id None is the article as a whole."""

    article_id: str
    article_version: int
    section_id: str | None


def true_shares(seed: int) -> dict[Target, float]:
    """Share (0 to 1) of readers who find it useful, by target, in the order of the articles and their sections."""
    return dict(pair for article in articles() for pair in _shares_of(article, seed))


def _shares_of(article: Article, seed: int) -> Iterator[tuple[Target, float]]:
    chance = random.Random(f"{seed}/{article.id}")
    appeal = _TYPICAL + chance.gauss(0, _APPEAL_SPREAD)
    own = {section.id: chance.gauss(0, _OWN_SPREAD) for section in article.sections}
    rewritten = {section.id for section in article.earlier}
    for version in range(1, article.version + 1):
        weak = article.weak_sections - rewritten if version > 1 else article.weak_sections
        # A weak section costs the whole article some of its appeal.
        yield Target(article.id, version, None), _share(appeal + 0.25 * _WEAK * len(weak))
        for section in article.sections:
            log_odds = appeal + _BY_KIND[section.id] + own[section.id] + (_WEAK if section.id in weak else 0)
            yield Target(article.id, version, section.id), _share(log_odds)


def _share(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))
