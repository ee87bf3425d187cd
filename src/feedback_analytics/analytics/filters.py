"""Filters: which votes a question counts. The same for every question, and the parameters that name them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from feedback_analytics.analytics.parameters import Kind, Parameter

KIND_ORDER = ("whats_happening", "why_its_important", "whats_next", "beyond_the_headlines", "other")
"""Kinds of sections, in the order of the house format."""

PERIOD = (
    Parameter("since", Kind.MOMENT, "First moment of the period; days are the newsroom's."),
    Parameter("until", Kind.MOMENT, "First moment after the period."),
    Parameter("days", Kind.DAYS, "Length of the period where since is not given.", default=28),
)
TARGETS = (
    Parameter("article_id", Kind.TEXT, "Only this article."),
    Parameter("topic", Kind.TEXT, "Only articles of this topic."),
    Parameter("author", Kind.TEXT, "Only articles by this author or desk."),
    Parameter("ai", Kind.YES_NO, "Only articles with, or without, the label AI Generated Content."),
    Parameter("language", Kind.TEXT, "Only articles in this language."),
)
SECTIONS = (
    Parameter("section_id", Kind.TEXT, "Only sections with this id."),
    Parameter("kind", Kind.CHOICE, "Only sections of this kind.", choices=KIND_ORDER),
)
SEGMENTS = (
    Parameter("source", Kind.TEXT, "Only answers from this emitter (CloudEvents source)."),
    Parameter("locale", Kind.TEXT, "Only answers from pages in this locale."),
    Parameter("device", Kind.TEXT, "Only answers from this kind of device."),
    Parameter("referrer", Kind.TEXT, "Only answers of readers who came from this host."),
)
AS_OF = (
    Parameter(
        "as_of", Kind.STATE, "As known at this time, or at the positions that an earlier answer names; not set: now."
    ),
)
COMMON = (*PERIOD, *TARGETS, *SECTIONS, *SEGMENTS, *AS_OF)


@dataclass(frozen=True)
class Filters:
    """Which votes count; None: any. ai: with or without the label AI Generated Content."""

    article_id: str | None = None
    section_id: str | None = None
    topic: str | None = None
    author: str | None = None
    ai: bool | None = None
    language: str | None = None
    kind: str | None = None
    source: str | None = None
    locale: str | None = None
    device: str | None = None
    referrer: str | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Filters:
        """The filters among the values of a question's parameters."""
        return cls(**{field.name: values.get(field.name) for field in fields(cls)})

    @property
    def of_targets(self) -> dict[str, Any]:
        """Those that choose articles and sections."""
        names = ("article_id", "section_id", "topic", "author", "ai", "language", "kind")
        return {name: getattr(self, name) for name in names}

    @property
    def of_segments(self) -> dict[str, Any]:
        """Those that choose readers by where their answers came from."""
        return {name: getattr(self, name) for name in ("source", "locale", "device", "referrer")}

    @property
    def choose_targets(self) -> bool:
        return any(value is not None for value in self.of_targets.values())

    @property
    def choose_segments(self) -> bool:
        return any(value is not None for value in self.of_segments.values())
