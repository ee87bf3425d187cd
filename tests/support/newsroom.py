"""A newsroom with a month of votes: articles in the house format, and readers who find them more or less useful.

Everything is drawn from a seed; the true shares are known, so that a test can say what a page must show.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from feedback_analytics.contract import ARTICLES_TOPIC
from tests.support.builders import a_vote, an_article, record_of
from tests.support.house import House

SECTIONS = ("whats-happening", "why-its-important", "whats-next", "beyond-the-headlines")
HEADINGS = ("What’s Happening?", "Why It’s Important?", "What’s Next?", "Beyond the Headlines")


@dataclass(frozen=True)
class Story:
    """One article: its true shares (whole, then by section), its readers' votes, its age in days."""

    article_id: str
    title: str
    topic: str
    share: float
    votes: int
    age_days: float
    is_ai: bool = False
    section_shares: dict[str, float] = field(default_factory=dict)
    versions: tuple[float, ...] = ()
    # Days ago at which version 2, 3, ... came out.


STORIES = (
    Story(
        "pension-reform",
        "Pension reform: what changes for people under forty",
        "Economy",
        0.61,
        900,
        24,
        is_ai=True,
        section_shares={"why-its-important": 0.45},
    ),
    Story(
        "harbour-tunnel",
        "Harbour tunnel opens two years late",
        "Cities",
        0.64,
        1000,
        20,
        is_ai=True,
        section_shares={"whats-next": 0.38},
        versions=(14,),
    ),
    Story("quieter-airport", "A quieter airport, at a price", "Cities", 0.60, 400, 12, is_ai=True),
    Story("tenancy-law", "What the new tenancy law changes for students", "Cities", 0.84, 800, 18, is_ai=True),
    Story("river-swimmers", "The river reopens to swimmers after forty years", "Climate", 0.83, 420, 9),
    Story("open-maps", "Open maps guide the flood response", "Technology", 0.82, 350, 15),
    Story("ice-observatory", "The observatory that listens for ice", "Science", 0.93, 60, 3),
    Story(
        "chip-plant",
        "Chip plant puts off its second line",
        "Technology",
        0.63,
        500,
        22,
        is_ai=True,
        section_shares={"why-its-important": 0.46},
    ),
    Story("hay-fever", "Hay fever vaccine enters its last trial", "Health", 0.76, 500, 16),
    Story("drought-rules", "Drought rules end early in the south", "Climate", 0.66, 160, 6, is_ai=True),
    Story("flu-jabs", "Flu jabs move from the clinic to the workplace", "Health", 0.75, 8, 1, is_ai=True),
    Story("night-trains", "Night trains return to the coast line", "Cities", 0.72, 1600, 26),
)


def publish(house: House, stories: Sequence[Story], now: datetime) -> None:
    """Announce the stories, each version when it came out."""
    records = []
    for story in stories:
        for version, age in enumerate((story.age_days, *story.versions), start=1):
            at = now - timedelta(days=age)
            told: dict[str, Any] = {
                "topic": story.topic,
                "author": f"{story.topic} desk",
                "ai_generated": story.is_ai,
                "url": f"https://news.example/{story.article_id}",
                "published_at": _text(at),
                "sections": [
                    {"id": section, "heading": heading, "words": 120}
                    for section, heading in zip(SECTIONS, HEADINGS, strict=True)
                ],
            }
            event = an_article(story.article_id, version=version, title=story.title, at=at, **told)
            records.append((story.article_id.encode(), json.dumps(event).encode()))
    house.append(records, ARTICLES_TOPIC)


def vote(house: House, stories: Sequence[Story], now: datetime, seed: int = 1) -> None:
    """The stories' votes, spread over their age with most in the first days; of ten readers seven vote on sections."""
    house.append([record_of(event) for event in votes_of(stories, now, seed)])


def votes_of(stories: Sequence[Story], now: datetime, seed: int) -> Iterator[dict[str, Any]]:
    draw = random.Random(seed)
    for story in stories:
        for number in range(story.votes):
            age = story.age_days * (1 - draw.random() ** 1.6)
            at = now - timedelta(days=min(age, story.age_days - 0.01))
            reader = f"{story.article_id}-{number}"
            told: dict[str, Any] = {"locale": "en-GB", "device": draw.choice(["mobile", "desktop"])}
            version = 1 + sum(at > now - timedelta(days=age) for age in story.versions)
            yield a_vote(
                story.article_id, useful=draw.random() < story.share, reader=reader, at=at, version=version, **told
            )
            if draw.random() < 0.7:
                for section in SECTIONS[: draw.randint(1, 4)]:
                    useful = draw.random() < story.section_shares.get(section, story.share)
                    yield a_vote(
                        story.article_id, section=section, useful=useful, reader=reader, at=at, version=version, **told
                    )


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
