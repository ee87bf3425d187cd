"""The examples that the generated contract files show: one event of each type, and the answers to them."""

from __future__ import annotations

from typing import Any

VOTE: dict[str, Any] = {
    "specversion": "1.0",
    "id": "01JDB7Q8ZK4T5V6W7X8Y9Z0A1B",
    "source": "https://news.example/web",
    "type": "feedback.vote.cast.v1",
    "time": "2026-11-23T10:15:30.123Z",
    "subject": "articles/harbour-bridge#whats-next",
    "data": {
        "article_id": "harbour-bridge",
        "section_id": "whats-next",
        "article_version": 3,
        "reader_id": "r-7f3a",
        "vote": "useful",
        "locale": "en-GB",
        "device": "mobile",
        "referrer": "https://search.example/",
    },
}

ARTICLE: dict[str, Any] = {
    "specversion": "1.0",
    "id": "harbour-bridge-v3",
    "source": "https://news.example/cms",
    "type": "feedback.article.published.v1",
    "time": "2026-11-23T09:00:00Z",
    "subject": "articles/harbour-bridge",
    "data": {
        "article_id": "harbour-bridge",
        "article_version": 3,
        "title": "The harbour bridge of Port Almera closes for a year",
        "url": "https://news.example/harbour-bridge",
        "topic": "Transport",
        "author": "Transport desk",
        "ai_generated": True,
        "language": "en",
        "published_at": "2026-11-23T08:55:00Z",
        "sections": [
            {"id": "whats-happening", "heading": "What's Happening?", "words": 120},
            {"id": "why-its-important", "heading": "Why It's Important?", "words": 140},
            {"id": "whats-next", "heading": "What's Next?", "words": 90},
            {"id": "beyond-the-headlines", "heading": "Beyond the Headlines", "words": 160},
        ],
    },
}

ANSWER: dict[str, Any] = {
    "accepted": 1,
    "refused": 1,
    "server_time": "2026-11-23T10:15:30.456Z",
    "results": [
        {"status": "accepted", "index": 0, "topic": "feedback.votes.v1", "partition": 2, "offset": 4711},
        {
            "status": "refused",
            "index": 1,
            "reason": "unknown_value",
            "field": "data.vote",
            "detail": 'expected useful, not_useful or retracted, found "yes"',
        },
    ],
}

PROBLEM: dict[str, Any] = {
    "type": "/docs#too_many",
    "title": "The request holds more events than allowed.",
    "status": 413,
    "detail": "A request may hold at most 5000 events. Send the rest in further requests.",
    "server_time": "2026-11-23T10:15:30.456Z",
    "errors": [
        {
            "reason": "too_many",
            "field": "",
            "detail": "A request may hold at most 5000 events. Send the rest in further requests.",
        }
    ],
}
