"""The events: the single definition of what emitters send. CloudEvents 1.0, JSON.

The types below are the contract: the decoder, the JSON Schema, OpenAPI and AsyncAPI files and the golden files follow
from them. They forbid unknown fields so that the decoder notices them at no cost; the codec then leaves them out and
counts them, as the contract promises to ignore them.

Fields that are absent and fields that are null mean the same. All texts are free of control characters (C0, DEL, C1)
and of lone surrogates. What a type cannot say (times, readers) the codec checks.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from feedback_analytics.contract.topics import ARTICLE_PUBLISHED, VOTE_CAST

MAX_EVENT_BYTES = 64 * 2**10
# The size that CloudEvents calls safe to forward through every intermediary.
MAX_DEPTH = 32
# Of arrays and objects in each other; ours need four, emitters' own fields some more. Parsers recurse.
MAX_SECTIONS = 200
# A hundred times the house format; keeps one announcement from becoming a bulk load.

Vote = Literal["useful", "not_useful", "retracted"]
ANSWERS: dict[str, int] = {"useful": 1, "not_useful": 0, "retracted": -1}
# The answer as the store keeps it.

SectionKind = Literal["whats_happening", "why_its_important", "whats_next", "beyond_the_headlines", "other"]

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class _Part(Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """gc=False: parts never form cycles, and the collector need not walk 50,000 of them. Absent means default."""


class VoteData(_Part, frozen=True):
    """A reader's answer to “Do you find this article useful?”, for the article or one of its sections."""

    article_id: Annotated[Id, Meta(description="Publisher's id of the article.")]
    vote: Annotated[Vote, Meta(description="The answer; `retracted` takes the last one back.")]
    section_id: Annotated[Id | None, Meta(description="Section answered for; absent: the article as a whole.")] = None
    article_version: Annotated[Count | None, Meta(description="Version of the article that the reader saw.")] = None
    reader_id: Annotated[
        Id | None,
        Meta(description="Emitter's stable id of the reader; only its keyed hash is ever written."),
    ] = None
    reader_key: Annotated[
        Annotated[str, Meta(min_length=32, max_length=32)] | None,
        Meta(
            description="Pseudonym that ingest writes in place of reader_id. Refused over HTTP.",
            extra_json_schema={"pattern": "^[0-9a-f]{32}$"},
        ),
    ] = None
    locale: Annotated[
        Annotated[str, Meta(max_length=64)] | None, Meta(description="Locale of the page, such as en-GB.")
    ] = None
    device: Annotated[
        Annotated[str, Meta(max_length=64)] | None, Meta(description="Kind of device, such as mobile, tablet, desktop.")
    ] = None
    referrer: Annotated[
        Annotated[str, Meta(max_length=2048)] | None,
        Meta(description="URL of the page the reader came from; only its host is kept."),
    ] = None


class Section(_Part, frozen=True):
    """A section of an article. In the house format there are four, known by their headings."""

    id: Annotated[Id, Meta(description="Publisher's id of the section, unique within the article.")]
    heading: Annotated[str, Meta(max_length=500, description="Heading as readers see it.")]
    kind: Annotated[
        SectionKind | None, Meta(description="Part of the house format; by default told from the heading.")
    ] = None
    position: Annotated[
        Annotated[int, Meta(ge=1, le=2**31 - 1)] | None,
        Meta(description="Place in the article, from 1; by default its place in the list."),
    ] = None
    words: Annotated[Count | None, Meta(description="Length in words.")] = None


class ArticleData(_Part, frozen=True):
    """One version of an article, with its sections."""

    article_id: Annotated[Id, Meta(description="Publisher's id of the article.")]
    article_version: Annotated[Count, Meta(description="Version, counted up by the publisher.")]
    title: Annotated[str, Meta(min_length=1, max_length=1000, description="Title as readers see it.")]
    sections: Annotated[
        tuple[Section, ...], Meta(max_length=MAX_SECTIONS, description="Sections in reading order.")
    ] = ()
    url: Annotated[Annotated[str, Meta(max_length=2048)] | None, Meta(description="Address of the article.")] = None
    topic: Annotated[Annotated[str, Meta(max_length=200)] | None, Meta(description="Topic, such as Economy.")] = None
    author: Annotated[Annotated[str, Meta(max_length=200)] | None, Meta(description="Author or desk.")] = None
    ai_generated: Annotated[bool, Meta(description="True when it carries the label AI Generated Content.")] = False
    language: Annotated[Annotated[str, Meta(max_length=64)] | None, Meta(description="Language tag, such as en.")] = (
        None
    )
    published_at: Annotated[
        str | None,
        Meta(description="When this version was published (RFC 3339).", extra_json_schema={"format": "date-time"}),
    ] = None


class _Envelope(_Part, frozen=True, kw_only=True):
    """CloudEvents attributes. (source, id) identifies an event; a retry repeats it byte for byte."""

    specversion: Annotated[Literal["1.0"], Meta(description="Version of CloudEvents.")]
    id: Annotated[Id, Meta(description="Id of the event, unique within its source.")]
    source: Annotated[Id, Meta(description="The emitter, as a URI reference.")]
    time: Annotated[
        str,
        Meta(
            description="When it happened (RFC 3339 with zone), from 2000-01-01 to 5 minutes ahead of receipt.",
            extra_json_schema={"format": "date-time"},
        ),
    ]
    subject: Annotated[
        Annotated[str, Meta(max_length=1000)] | None,
        Meta(description="What it is about, for people and filters; `data` decides."),
    ] = None
    datacontenttype: Annotated[
        Annotated[str, Meta(max_length=200)] | None, Meta(description="Ignored; data is always JSON.")
    ] = None
    dataschema: Annotated[
        Annotated[str, Meta(max_length=2048)] | None, Meta(description="Ignored; the type names the schema.")
    ] = None


class VoteCast(_Envelope, frozen=True, kw_only=True):
    """A reader voted, changed or took back a vote."""

    type: Literal["feedback.vote.cast.v1"]
    data: VoteData


class ArticlePublished(_Envelope, frozen=True, kw_only=True):
    """A version of an article was published. Votes may come before it."""

    type: Literal["feedback.article.published.v1"]
    data: ArticleData


Event = VoteCast | ArticlePublished
EVENT_TYPES: dict[str, type[Event]] = {VOTE_CAST: VoteCast, ARTICLE_PUBLISHED: ArticlePublished}

_HOUSE_FORMAT: dict[str, SectionKind] = {
    "whatshappening": "whats_happening",
    "whyitsimportant": "why_its_important",
    "whatsnext": "whats_next",
    "beyondtheheadlines": "beyond_the_headlines",
}


def section_kind(heading: str) -> SectionKind:
    """Part of the house format a heading names; case, apostrophes and punctuation do not matter.

    >>> section_kind("What’s Next?")
    'whats_next'
    >>> section_kind("Timeline")
    'other'
    """
    return _HOUSE_FORMAT.get("".join(filter(str.isalnum, heading.casefold())), "other")
