"""The sample articles: read from the Markdown files beside this module, one file per article.

A file opens with TOML between lines of `+++`, then holds the four sections of the house format, each a `##` heading
with paragraphs. A heading that ends in `(version 1)` holds what that section said before the article was revised.

Everything in them is made up: places, institutions, figures. Authors are desks.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

import msgspec

from feedback_analytics.contract import ARTICLE_PUBLISHED, section_kind

SITE = "https://courier.example"
# Emitter of the announcements and, with a path, of the votes; a name reserved for examples.

_HEADING = re.compile(r"^## (?P<heading>.+?)(?: \(version (?P<version>\d+)\))?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ArticleSection:
    """A section as one version of the article shows it; `id` is stable across versions."""

    id: str
    heading: str
    paragraphs: tuple[str, ...]

    @property
    def words(self) -> int:
        return sum(len(paragraph.split()) for paragraph in self.paragraphs)


@dataclass(frozen=True, slots=True)
class Article:
    """A sample article in its current version.

    Ages are in days before the demo's anchor, the moment at which its month of history ends. `earlier` holds the
    sections that version 1 had otherwise; it is empty for an article of one version. Readers find `weak_sections` far
    less useful; a weak section that was revised is weak in version 1 only.
    """

    id: str
    title: str
    dek: str
    topic: str
    desk: str
    published_days_ago: float
    sections: tuple[ArticleSection, ...]
    ai_generated: bool = False
    revised_days_ago: float | None = None
    earlier: tuple[ArticleSection, ...] = ()
    weak_sections: frozenset[str] = frozenset()

    @property
    def version(self) -> int:
        return 1 if self.revised_days_ago is None else 2

    def published_at(self, anchor: datetime) -> datetime:
        return anchor - timedelta(days=self.published_days_ago)

    def revised_at(self, anchor: datetime) -> datetime | None:
        return None if self.revised_days_ago is None else anchor - timedelta(days=self.revised_days_ago)

    def sections_of(self, version: int) -> tuple[ArticleSection, ...]:
        if version == self.version:
            return self.sections
        before = {section.id: section for section in self.earlier}
        return tuple(before.get(section.id, section) for section in self.sections)


@cache
def articles() -> tuple[Article, ...]:
    """All sample articles, newest first."""
    folder = files(__package__).joinpath("articles")
    read = [
        _parse(entry.name.removesuffix(".md"), entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".md")
    ]
    return tuple(sorted(read, key=lambda article: (article.published_days_ago, article.id)))


def announcements(anchor: datetime) -> Iterator[bytes]:
    """A `feedback.article.published.v1` event for each version of each article, oldest first; ids are stable."""
    moments = [(article.published_at(anchor), 1, article) for article in articles()]
    moments += [(at, 2, article) for article in articles() if (at := article.revised_at(anchor)) is not None]
    for at, version, article in sorted(moments, key=lambda moment: (moment[0], moment[2].id)):
        yield _announcement(article, version, at)


def _announcement(article: Article, version: int, at: datetime) -> bytes:
    time = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": f"demo-{article.id}-v{version}",
            "source": SITE,
            "type": ARTICLE_PUBLISHED,
            "time": time,
            "subject": f"articles/{article.id}",
            "data": {
                "article_id": article.id,
                "article_version": version,
                "title": article.title,
                "url": f"/demo/articles/{article.id}",
                "topic": article.topic,
                "author": article.desk,
                "ai_generated": article.ai_generated,
                "language": "en",
                "published_at": time,
                "sections": [
                    {
                        "id": section.id,
                        "heading": section.heading,
                        "kind": section_kind(section.heading),
                        "position": position,
                        "words": section.words,
                    }
                    for position, section in enumerate(article.sections_of(version), start=1)
                ],
            },
        }
    )


def _parse(article_id: str, text: str) -> Article:
    _, head, body = text.split("+++\n", 2)
    fields = tomllib.loads(head)
    fields["weak_sections"] = frozenset(fields.get("weak_sections", ()))
    current: list[ArticleSection] = []
    earlier: list[ArticleSection] = []
    headings = list(_HEADING.finditer(body))
    ends = [heading.start() for heading in headings[1:]] + [len(body)]
    for heading, end in zip(headings, ends, strict=True):
        paragraphs = tuple(part.strip() for part in body[heading.end() : end].split("\n\n") if part.strip())
        section = ArticleSection(section_kind(heading["heading"]), heading["heading"], paragraphs)
        (earlier if heading["version"] else current).append(section)
    return Article(id=article_id, sections=tuple(current), earlier=tuple(earlier), **fields)
