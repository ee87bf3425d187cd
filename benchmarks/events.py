"""Votes for the benchmarks: CloudEvents of the contract as ingest writes them to the log, about 415 bytes each.

Deterministic by seed. New readers by default; with `readers` given, each vote comes from one of that many.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime

SECTIONS = (None, "whats-happening", "why-its-important", "whats-next", "beyond-the-headlines")
LOCALES = ("en-GB", "en-US", "de", "fr", "ko", "es")
DEVICES = ("mobile", "desktop", "tablet")
REFERRERS = (
    "https://search.example/",
    "https://social.example/",
    "https://news.example/",
    "https://mail.example/",
)
ARTICLES = 2000
STEP_MS = 37
BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def reader_key_of(number: int) -> bytes:
    """A pseudonym for the reader of that number: uniform, like a real one."""
    return hashlib.blake2b(number.to_bytes(8, "little"), digest_size=16).digest()


def votes(
    count: int, *, seed: int = 7, first_reader: int = 0, readers: int | None = None, begin: datetime = BEGIN
) -> Iterator[tuple[bytes, bytes]]:
    """(reader key, event) of count votes, in order of time, STEP_MS apart. Event ids are ULIDs."""
    draw = random.Random(seed)
    chance, bits = draw.random, draw.getrandbits
    start_ms = int(begin.timestamp() * 1000)
    second, prefix = -1, ""
    for number in range(count):
        ms = start_ms + number * STEP_MS
        if ms // 1000 != second:
            second = ms // 1000
            prefix = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        article = f"town-{int(ARTICLES * chance() ** 2):05d}"
        section = SECTIONS[int(chance() * 5)]
        key = reader_key_of(first_reader + (number if readers is None else int(chance() * readers)))
        subject = f"articles/{article}" if section is None else f"articles/{article}#{section}"
        section_field = "" if section is None else f'"section_id":"{section}",'
        event = (
            f'{{"specversion":"1.0","id":"{_ulid(ms, bits(80))}","source":"https://news.example/web",'
            f'"type":"feedback.vote.cast.v1","time":"{prefix}.{ms % 1000:03d}Z","subject":"{subject}",'
            f'"data":{{"article_id":"{article}","vote":"{"useful" if chance() < 0.7 else "not_useful"}",{section_field}'
            f'"article_version":{1 + number % 3},"reader_key":"{key.hex()}","locale":"{LOCALES[int(chance() * 6)]}",'
            f'"device":"{DEVICES[int(chance() * 3)]}","referrer":"{REFERRERS[int(chance() * 4)]}"}}}}'
        )
        yield key, event.encode()


def _ulid(ms: int, tail: int) -> str:
    number = (ms << 80) | tail
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))
