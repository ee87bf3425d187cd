"""Who reads the sample news site: how many, when, by what device, and which parts they answer for.

Chosen to look like a small newspaper, not measured anywhere: a few articles are read far more than most, interest
halves within a day and a half, evenings and early commutes are busy, nine days ago the app fell silent for ten hours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from feedback_analytics.demo.articles import SITE, Article, articles

ARTICLE_ANSWER = 0.62
SECTION_ANSWERS = (0.4, 0.32, 0.26, 0.21)
# Chance that a visit answers for the article as a whole, and for each section in reading order, as readers drop out.

_HOURS = np.array([2, 1, 1, 1, 1, 3, 7, 9, 8, 6, 5, 5, 7, 6, 5, 5, 6, 7, 8, 9, 10, 9, 7, 4]) / 10
_WEEKDAYS = np.array([1.0, 1.0, 0.96, 0.96, 0.92, 0.74, 0.82])
# Chance that a visit happens, by hour (UTC) and by day from Monday.

_SOURCES = (f"{SITE}/web", f"{SITE}/app")
_APP = 1
_LOCALES = ("en-GB", "en-US", "en-IE", "de-DE", "fr-FR")
_DEVICES = ("mobile", "desktop", "tablet")
_REFERRERS = (None, f"{SITE}/", "https://search.example/", "https://social.example/", "https://mail.example/")

_READERS = 16_000
_FRESH_DAYS = 1.4 / math.log(2)
# Mean age of an article at a visit, where interest halves in 1.4 days.
_FROM_SEARCH = 0.25
# Part of the visits that come evenly over an article's first thirty days.
_SILENCE_OF_THE_APP = (9.0, 9.4)
# Begin and end of its outage, in days before the anchor, the nearer first.


@dataclass(frozen=True, slots=True)
class Visitor:
    """A reader on one visit. All but the referrer stays with the reader."""

    reader_id: str
    source: str
    locale: str
    device: str
    referrer: str | None


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits to one article: for each its age (days since publication), its reader, its referrer."""

    ages: NDArray[np.float64]
    readers: NDArray[np.int64]
    referrers: NDArray[np.int64]


class Audience:
    """The readers of one seed, and how much each article draws."""

    def __init__(self, seed: int) -> None:
        chance = np.random.default_rng([seed, 1])
        self._seed = seed
        self._sources = chance.choice(len(_SOURCES), _READERS, p=(0.84, 0.16))
        self._locales = chance.choice(len(_LOCALES), _READERS, p=(0.62, 0.14, 0.1, 0.08, 0.06))
        devices = chance.choice(len(_DEVICES), _READERS, p=(0.63, 0.29, 0.08))
        self._devices = np.where(self._sources == _APP, 0, devices)
        draw = chance.lognormal(0, 0.7, len(articles()))
        self.draw: NDArray[np.float64] = draw / draw.sum()
        # Part of all visits by article, in the order of articles().

    def visitor(self, reader: int, referrer: int) -> Visitor:
        return Visitor(
            f"demo-{self._seed}-reader-{reader}",
            _SOURCES[self._sources[reader]],
            _LOCALES[self._locales[reader]],
            _DEVICES[self._devices[reader]],
            _REFERRERS[referrer],
        )

    def some_readers(self, chance: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Numbers for `visitor`; some readers come often, most seldom."""
        return (_READERS * chance.random(count) ** 2).astype(np.int64)

    def some_referrers(self, chance: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Numbers for `visitor`."""
        return chance.choice(len(_REFERRERS), count, p=(0.34, 0.28, 0.2, 0.12, 0.06))

    def visits(self, chance: np.random.Generator, count: int) -> Visits:
        """How `count` readers come upon an article, if it lives long enough for all of them."""
        fresh = chance.exponential(_FRESH_DAYS, count)
        ages = np.where(chance.random(count) < _FROM_SEARCH, chance.random(count) * 30, fresh)
        return Visits(ages, self.some_readers(chance, count), self.some_referrers(chance, count))

    def happen(
        self, visits: Visits, rolls: NDArray[np.float64], article: Article, days: float, anchor: datetime
    ) -> NDArray[np.bool_]:
        """Which of the visits fall into the `days` before anchor, into an hour that suits, and not into the outage.

        rolls holds a number in [0, 1) for each visit.
        """
        days_ago = article.published_days_ago - visits.ages
        at_days = anchor.timestamp() / 86_400 - days_ago
        weekdays = (at_days.astype(np.int64) + 3) % 7
        # 1970-01-01 was a Thursday, day 3 of a week that begins on Monday.
        suits = rolls < _HOURS[(at_days * 24).astype(np.int64) % 24] * _WEEKDAYS[weekdays]
        end, begin = _SILENCE_OF_THE_APP
        is_silent = (self._sources[visits.readers] == _APP) & (end <= days_ago) & (days_ago < begin)
        happened: NDArray[np.bool_] = (days_ago >= 0) & (days_ago < days) & suits & ~is_silent
        return happened

    def interest(self) -> NDArray[np.float64]:
        """Part of the visits at the anchor that go to each article, in the order of articles()."""
        ages = np.array([article.published_days_ago for article in articles()])
        weight = self.draw * ((1 - _FROM_SEARCH) * np.exp(-ages / _FRESH_DAYS) / _FRESH_DAYS + _FROM_SEARCH / 30)
        parts: NDArray[np.float64] = weight / weight.sum()
        return parts
