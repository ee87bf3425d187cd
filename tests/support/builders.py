"""Builders of events with good defaults: a test shows only what matters to its sentence."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import count
from typing import Any

from feedback_analytics.contract import reader_key

SECRET = b"a secret of the tests, 32 bytes!"
SOURCE = "https://news.example/web"
_numbers = count(1)


def a_vote(
    article: str = "a1",
    *,
    useful: bool = True,
    vote: str | None = None,
    section: str | None = None,
    reader: str = "r1",
    event_id: str | None = None,
    source: str = SOURCE,
    at: datetime | str | None = None,
    version: int | None = None,
    **data: Any,
) -> dict[str, Any]:
    """A `feedback.vote.cast.v1` as an emitter sends it. `data` adds or replaces fields of its data."""
    time = at if isinstance(at, str) else (at or datetime.now(UTC)).isoformat().replace("+00:00", "Z")
    fields: dict[str, Any] = {
        "article_id": article,
        "reader_id": reader,
        "vote": vote or ("useful" if useful else "not_useful"),
    }
    if section is not None:
        fields["section_id"] = section
    if version is not None:
        fields["article_version"] = version
    return {
        "specversion": "1.0",
        "id": event_id or f"vote-{next(_numbers)}",
        "source": source,
        "type": "feedback.vote.cast.v1",
        "time": time,
        "data": {**fields, **data},
    }


def an_article(
    article: str = "a1", *, version: int = 1, title: str = "A title", at: datetime | str | None = None, **data: Any
) -> dict[str, Any]:
    """A `feedback.article.published.v1` with the four sections of the house format."""
    time = at if isinstance(at, str) else (at or datetime.now(UTC)).isoformat().replace("+00:00", "Z")
    sections = [
        {"id": "whats-happening", "heading": "What's Happening?", "words": 80},
        {"id": "why-its-important", "heading": "Why It's Important?", "words": 90},
        {"id": "whats-next", "heading": "What's Next?", "words": 70},
        {"id": "beyond-the-headlines", "heading": "Beyond the Headlines", "words": 100},
    ]
    fields = {"article_id": article, "article_version": version, "title": title, "sections": sections}
    return {
        "specversion": "1.0",
        "id": f"{article}-v{version}-{next(_numbers)}",
        "source": "https://news.example/cms",
        "type": "feedback.article.published.v1",
        "time": time,
        "data": {**fields, **data},
    }


def record_of(event: dict[str, Any], secret: bytes = SECRET) -> tuple[bytes, bytes]:
    """(key, value) of a vote as ingest writes it: the reader's id replaced by its key."""
    key = reader_key(secret, event["data"]["reader_id"])
    data = {name: value for name, value in event["data"].items() if name != "reader_id"} | {"reader_key": key.hex()}
    return key, json.dumps({**event, "data": data}, separators=(",", ":")).encode()


def as_binary(event: dict[str, Any]) -> tuple[bytes, dict[str, bytes]]:
    """(value, headers) of an event in binary mode, as emitters on Kafka write it."""
    headers = {f"ce_{name}": str(text).encode() for name, text in event.items() if name != "data"}
    return json.dumps(event["data"], ensure_ascii=False).encode(), {"content-type": b"application/json", **headers}
