"""A reader's answer as the event that a web page or the app would send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from feedback_analytics.contract import VOTE_CAST, Vote
from feedback_analytics.demo.audience import Visitor
from feedback_analytics.demo.truth import Target

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ballot(event_id: str, at_ms: int, visitor: Visitor, target: Target, vote: Vote) -> bytes:
    """The bytes of a `feedback.vote.cast.v1` event, the same for the same values; at_ms in milliseconds since 1970."""
    data: dict[str, object] = {"article_id": target.article_id, "vote": vote}
    if target.section_id is not None:
        data["section_id"] = target.section_id
    data |= {
        "article_version": target.article_version,
        "reader_id": visitor.reader_id,
        "locale": visitor.locale,
        "device": visitor.device,
    }
    if visitor.referrer is not None:
        data["referrer"] = visitor.referrer
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": visitor.source,
            "type": VOTE_CAST,
            "time": as_text(at_ms),
            "data": data,
        }
    )


def as_text(at_ms: int) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def answer(is_useful: bool) -> Vote:
    return "useful" if is_useful else "not_useful"
