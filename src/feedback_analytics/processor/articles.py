"""Announcements of article versions: records of the articles topic become rows of articles and their sections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from feedback_analytics.contract import ArticlePublished, Bad, decode_articles, event_hash, partition_of, section_kind
from feedback_analytics.processor.prepared import MOVED_FROM, Move, Records

StoredHashes = Callable[[list[int]], set[int]]


@dataclass(frozen=True, slots=True)
class Announcement:
    """One announcement at its place; index is that among the records."""

    index: int
    event: ArticlePublished
    occurred_at: int
    event_hash: int


@dataclass(frozen=True, slots=True)
class PreparedArticles:
    """The announcements of records, and the records that are none."""

    records: Records
    announcements: list[Announcement]
    dead: list[Bad]
    moves: list[Move]


def prepare_articles(records: Records, partitions: int) -> PreparedArticles:
    """Decode the records of the articles topic; an announcement's home is that of its article's id."""
    decoded = decode_articles(records.values)
    at = range(len(records.values)) if decoded.good is None else decoded.good.nonzero()[0].tolist()
    announcements, moves = [], []
    for index, event, occurred_at in zip(at, decoded.events, decoded.occurred_at.tolist(), strict=True):
        key = event.data.article_id.encode()
        home = partition_of(key, partitions)
        if home != records.partition[index] and MOVED_FROM not in records.headers.get(index, {}):
            moves.append(Move(index, home, key, records.values[index], event.source, event.type))
        else:
            announcements.append(Announcement(index, event, occurred_at, event_hash(event.source, event.id)))
    return PreparedArticles(records, announcements, list(decoded.bad), moves)


def not_stored_yet(announcements: list[Announcement], stored_hashes: StoredHashes) -> list[Announcement]:
    """The announcements without those seen before, in the store or earlier in the batch."""
    seen = stored_hashes([one.event_hash for one in announcements]) if announcements else set()
    fresh = []
    for one in announcements:
        if one.event_hash not in seen:
            seen.add(one.event_hash)
            fresh.append(one)
    return fresh


def section_rows(one: Announcement, batch_id: str) -> list[tuple[object, ...]]:
    """Rows of raw.article_sections. Sections stand in the order told, or as listed."""
    data = one.event.data
    return [
        (
            data.article_id,
            data.article_version,
            section.id,
            section.heading,
            section.kind or section_kind(section.heading or ""),
            place if section.position is None else section.position,
            section.words,
            one.event_hash,
            batch_id,
        )
        for place, section in enumerate(data.sections, start=1)
    ]
