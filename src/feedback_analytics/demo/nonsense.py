"""Events as broken emitters send them. Ingest refuses each, and names why."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from feedback_analytics.contract import VOTE_CAST
from feedback_analytics.demo.articles import SITE
from feedback_analytics.demo.ballots import as_text

_HOUR_MS = 3_600_000


def _event(event_id: str, at_ms: int, **data: object) -> bytes:
    fields = {"article_id": "harbour-tunnel", "reader_id": "demo-reader-of-nonsense", "vote": "useful"} | data
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": f"{SITE}/old-app",
            "type": VOTE_CAST,
            "time": as_text(at_ms),
            "data": {name: value for name, value in fields.items() if value is not None},
        }
    )


def _unknown_answer(event_id: str, at_ms: int) -> bytes:
    return _event(event_id, at_ms, vote="maybe")


def _no_article(event_id: str, at_ms: int) -> bytes:
    return _event(event_id, at_ms, article_id=None)


def _no_reader(event_id: str, at_ms: int) -> bytes:
    return _event(event_id, at_ms, reader_id=None)


def _clock_ahead(event_id: str, at_ms: int) -> bytes:
    return _event(event_id, at_ms + _HOUR_MS)


def _version_as_text(event_id: str, at_ms: int) -> bytes:
    return _event(event_id, at_ms, article_version="3")


def _control_character(event_id: str, at_ms: int) -> bytes:
    return _event(event_id, at_ms, section_id="whats\x00next")


def _id_too_long(event_id: str, at_ms: int) -> bytes:
    return _event(event_id, at_ms, article_id="harbour-tunnel" * 20)


def _torn(event_id: str, at_ms: int) -> bytes:
    return _event(event_id, at_ms)[:-20]


NONSENSE: tuple[Callable[[str, int], bytes], ...] = (
    _unknown_answer,
    _no_article,
    _no_reader,
    _clock_ahead,
    _version_as_text,
    _control_character,
    _id_too_long,
    _torn,
)
# Each takes an event id and a time in milliseconds since 1970, and gives the bytes of one bad event on one line.
