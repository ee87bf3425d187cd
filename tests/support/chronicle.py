"""A chronicle: weeks of a small newsroom with all that is awkward, drawn from a seed and sent through the real door.

Changes of mind, retractions, late votes, duplicates, ids used twice, several versions and one skipped, an article that
nobody announced and one that nobody voted on, days of 23 and 25 hours, dead letters, a lost index; and a real drop.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feedback_analytics.contract import ARTICLES_TOPIC
from tests.support.builders import a_vote, an_article, record_of
from tests.support.house import House
from tests.support.reference import Cast, Edition, Reference

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
WEB, APP = "https://news.example/web", "https://news.example/app"
HOUSE_FORMAT = (
    ("whats-happening", "What's Happening?", 80),
    ("why-its-important", "Why It's Important?", 90),
    ("whats-next", "What's Next?", 70),
    ("beyond-the-headlines", "Beyond the Headlines", 100),
)
SPRING, AUTUMN = datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 10, 24, 20, tzinfo=UTC)
# A little before the days of 23 and of 25 hours in Berlin.

WINDOWS = (
    (SPRING, SPRING + timedelta(hours=32), 10),
    (datetime(2026, 9, 25, tzinfo=UTC), AUTUMN, 30),
    (AUTUMN, AUTUMN + timedelta(hours=32), 20),
    (AUTUMN + timedelta(hours=32), NOW, 40),
)
EDGES = tuple(
    datetime(2026, 10, day, hour, minute, tzinfo=UTC)
    for day, hour, minute in ((24, 22, 0), (25, 1, 0), (25, 23, 0), (26, 18, 30), (27, 23, 0), (28, 0, 0))
)
# Midnights of Berlin, Kolkata and UTC, and the hour that Berlin has twice.

VERSIONS = {
    "a-city": (1, 2, 3),
    "a-sea": (1,),
    "a-rail": (1, 3),
    "a-law": (1, 2),
    "a-port": (1,),
    "ghost": (1,),
}
SHARES = {"a-city": 0.75, "a-sea": 0.5, "a-rail": 0.9, "a-law": 0.6, "a-port": 0.35, "ghost": 0.8}


def _edition(article: str, version: int, at: datetime, name: str = "", **told: object) -> Edition:
    sections = told.pop("sections", HOUSE_FORMAT)
    title = f"{article}, version {version}{name}"
    return Edition(f"{article}-{version}{name}", article, version, title, at, sections=sections, **told)  # type: ignore[arg-type]


def editions() -> list[Edition]:
    """All announcements, in the order of arrival."""
    day = timedelta(days=1)
    begin = datetime(2026, 9, 24, 8, tzinfo=UTC)
    city = {"topic": "Cities", "author": "Desk A", "is_ai": True, "language": "en"}
    rail = {"topic": "Cities", "author": "Desk B", "language": "en"}
    timeline = (*HOUSE_FORMAT[:3], ("timeline", "Timeline", 40))
    return [
        _edition("a-city", 1, begin, published_at=begin, **city),
        _edition("a-rail", 1, begin + day, published_at=begin + day, **rail),
        # A correction of the same version that came before it was sent, and one that is older and loses.
        _edition("a-sea", 1, begin + day, " corrected", topic="Climate", language="de", sections=timeline),
        _edition("a-sea", 1, begin, topic="Sports", language="de"),
        _edition("a-law", 1, begin, author="Desk A", is_ai=True),
        _edition("a-law", 2, begin + 33 * day, author="Desk A", is_ai=True, published_at=EDGES[0], sections=timeline),
        _edition("a-port", 1, begin + day, topic="Cities", author="Desk B", language="de"),
        _edition("a-city", 2, begin + 31 * day, published_at=EDGES[2], **city),
        _edition("a-rail", 3, begin + 32 * day, **rail),
        _edition("quiet", 1, begin, topic="Cities"),
        _edition("quiet", 2, begin + 35 * day, topic="Cities", is_ai=True),
        _edition("a-city", 3, begin + 36 * day, **city),
    ]


class Chronicle:
    """The events of a seed, the store they make, and the reference of what was sent so far."""

    def __init__(
        self, folder: Path, seed: int = 1, *, votes: int = 700, flags: Mapping[str, object] | None = None
    ) -> None:
        self.clock = [NOW]
        self.reference = Reference()
        self.casts = _casts(random.Random(seed), votes)
        self.dead = 0
        self.house = House(folder, now=lambda: self.clock[0], flags=flags)
        self.house.open()

    def announce(self, some: Sequence[Edition]) -> None:
        self.house.append([_announcement(edition) for edition in some], ARTICLES_TOPIC)
        self.reference.editions += some
        self.house.process_all()

    def send(self, some: Sequence[Cast], *, most: int = 10_000) -> None:
        """Votes, in this order of arrival, in transactions of at most so many records per partition."""
        for cast in some:
            self.reference.receive(cast)
        self.house.append([record_of(_event(cast)) for cast in some])
        self.house.process_all(most)
        self.clock[0] += timedelta(minutes=1)

    def send_dead_letters(self) -> None:
        whole = _event(self.casts[0])
        told = dict(whole["data"])
        bad = [
            {**whole, "data": {**told, "vote": "maybe"}},
            {**whole, "data": {**told, "vote": "perhaps"}},
            {**whole, "data": {name: value for name, value in told.items() if name != "article_id"}},
            {**whole, "time": "yesterday"},
        ]
        for event in bad:
            self.house.append_to(0, json.dumps(event).encode())
        self.house.append_to(1, b"{ not json")
        self.house.process_all()
        self.dead += len(bad) + 1

    def tell_all(self) -> None:
        """The whole chronicle, in several transactions, with a lost index between."""
        told = editions()
        self.announce(told[:8])
        third = len(self.casts) // 3
        self.send(self.casts[:third], most=150)
        self.send_dead_letters()
        self.house.reopen(without_index=True)
        self.send(self.casts[third:], most=400)
        self.announce(told[8:])


def _casts(draw: random.Random, number: int) -> list[Cast]:
    """Votes in the order of arrival, which is not that of their times."""
    casts = []
    for place in range(number):
        since, until, _ = draw.choices(WINDOWS, [weight for _, _, weight in WINDOWS])[0]
        at = since + timedelta(seconds=draw.randrange(int((until - since).total_seconds())))
        at = (
            draw.choice(EDGES) if draw.random() < 0.06 else at + timedelta(microseconds=draw.choice([0, 0, 1, 999_999]))
        )
        article = draw.choice(list(VERSIONS))
        section = draw.choice([None, None, None, *(name for name, _, _ in HOUSE_FORMAT), "timeline"])
        is_useful = draw.random() < SHARES[article] - (0.3 if section == "whats-next" else 0)
        vote = "retracted" if draw.random() < 0.08 else ("useful" if is_useful else "not_useful")
        casts.append(
            Cast(
                f"e{place}",
                draw.choice([WEB, WEB, APP]),
                f"r{draw.randrange(45)}",
                article,
                section,
                vote,
                at,
                draw.choice([None, *VERSIONS[article], *VERSIONS[article]]),
                draw.choice([None, "en-GB", "de-DE"]),
                draw.choice([None, "mobile", "mobile", "desktop"]),
                draw.choice([None, "search.example", "social.example"]),
            )
        )
    for place in range(240):
        # The drop: readers of one answer each, who liked a-rail before the last week and then no more.
        is_late = place >= 120
        at = datetime(2026, 10, 27 if is_late else 10, 12, tzinfo=UTC) + timedelta(minutes=place)
        vote = "useful" if (place % 10 < 2 if is_late else place % 10 < 9) else "not_useful"
        casts.append(Cast(f"d{place}", WEB, f"dropper{place}", "a-rail", None, vote, at, 3 if is_late else 1))
    draw.shuffle(casts)
    again = draw.sample(casts, 25)
    reused = [replace(cast, reader=f"other-{cast.reader}") for cast in draw.sample(casts, 5)]
    return [*casts[:-60], *again, *reused, *casts[-60:]]


def _event(cast: Cast) -> dict[str, dict[str, object]]:
    told = {
        "locale": cast.locale,
        "device": cast.device,
        "referrer": cast.referrer and f"https://{cast.referrer}/a/page?q=1",
    }
    return a_vote(
        cast.article_id,
        vote=cast.vote,
        section=cast.section_id,
        reader=cast.reader,
        event_id=cast.event_id,
        source=cast.source,
        at=cast.occurred_at,
        version=cast.version,
        **{name: value for name, value in told.items() if value is not None},
    )


def _announcement(edition: Edition) -> tuple[bytes, bytes]:
    told = {
        "topic": edition.topic,
        "author": edition.author,
        "language": edition.language,
        "published_at": edition.published_at and edition.published_at.isoformat().replace("+00:00", "Z"),
    }
    event = an_article(
        edition.article_id,
        version=edition.version,
        title=edition.title,
        at=edition.announced_at,
        ai_generated=edition.is_ai,
        sections=[{"id": name, "heading": heading, "words": words} for name, heading, words in edition.sections],
        **{name: value for name, value in told.items() if value is not None},
    )
    return edition.article_id.encode(), json.dumps({**event, "id": edition.event_id}).encode()
