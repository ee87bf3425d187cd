"""A store of a newsroom's history, for the benchmarks of reading: two years of votes on many articles.

Written through the store's own writer, a day or two in a transaction and in the order in which the votes would have
come, with the service's maintenance; so its files are those that the service would have left. The processor is left
out. An article is read most in its first days and a few far more than the others; one vote in thirty changes an
earlier one; some come days late. Announcements, versions, sections and segments are there too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from feedback_analytics.contract import ARTICLES_TOPIC, VOTES_TOPIC
from feedback_analytics.processor.segments import Segment
from feedback_analytics.settings import Settings
from feedback_analytics.store import CommitRows, Writer, open_writer

LOG = "log-of-the-benchmark"
PARTITIONS = 4
COMMIT_ROWS = 100_000
"""Of a transaction: as many as maintenance would merge into one file."""
BATCH_RECORDS = 80
"""Of one row of raw.batches: what a partition gets in 250 ms of 1,000 votes a second, and some more."""
MAINTENANCE_SECONDS = 2
CHANGED = 1 / 30
LATE = 1 / 200
DAYS = 730
TOPICS = ("Cities", "Climate", "Culture", "Economy", "Health", "Politics", "Science", "Sport", "Technology", "Travel")
AUTHORS = 200
SECTIONS = (
    ("whats-happening", "What’s Happening?", "whats_happening", 0.20),
    ("why-its-important", "Why It’s Important?", "why_its_important", 0.17),
    ("whats-next", "What’s Next?", "whats_next", 0.13),
    ("beyond-the-headlines", "Beyond the Headlines", "beyond_the_headlines", 0.10),
)
SEGMENTS = [
    Segment(f"https://news.example/{source}", locale, device, referrer)
    for source in ("web", "app", "newsletter")
    for locale in ("en-GB", "en-US", "de-DE", "fr-FR")
    for device in ("mobile", "desktop", "tablet")
    for referrer in (None, "search.example", "social.example", "news.example")
]
TIMESTAMP = pa.timestamp("us", "UTC")
DAY_US = 86_400_000_000

_HOURS = np.array([2, 1, 1, 1, 1, 3, 7, 10, 9, 8, 7, 7, 9, 8, 7, 7, 7, 8, 9, 10, 10, 9, 6, 4], dtype=np.float64)
# How the votes of a day are spread over its hours.
_BASE32 = np.frombuffer(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", dtype=np.uint8)

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Articles:
    """Times in microseconds since 1970. versions[n]: when the articles' versions came out; never, if far off."""

    names: pa.Array
    versions: Whole
    share: Numbers
    weight: Numbers

    @classmethod
    def drawn(cls, count: int, begin_us: int, days: int, draw: np.random.Generator) -> Articles:
        published = begin_us + (np.sort(draw.uniform(0, days, count)) * DAY_US).astype(np.int64)
        never = np.iinfo(np.int64).max
        later = published + (draw.uniform(0.2, 3, count) * DAY_US).astype(np.int64)
        second = np.where(draw.random(count) < 0.25, later, never)
        third = np.where((second < never) & (draw.random(count) < 0.2), second + DAY_US * (second < never), never)
        return cls(
            pa.array([f"town-{number:05d}" for number in range(count)]),
            np.stack([published, second, third]),
            draw.beta(14, 6, count),
            draw.pareto(1.5, count) + 0.1,
        )


@dataclass
class Offsets:
    """The next offset of each partition."""

    next: Whole = field(default_factory=lambda: np.zeros(PARTITIONS, dtype=np.int64))

    def taken(self, partition: Whole) -> Whole:
        """The offsets of records of these partitions, in their order."""
        offsets = np.empty(len(partition), dtype=np.int64)
        for number in range(PARTITIONS):
            own = np.flatnonzero(partition == number)
            offsets[own] = self.next[number] + np.arange(len(own))
            self.next[number] += len(own)
        return offsets


def make_history(settings: Settings, votes: int, articles: int, days: int = DAYS) -> None:
    """A store of so many votes on so many articles; the newest votes are of today. Prints how long it took."""
    began, now, draw = time.monotonic(), datetime.now(UTC), np.random.default_rng(1)
    until_us = int(now.timestamp() * 1e6)
    told = Articles.drawn(articles, until_us - days * DAY_US, days, draw)
    with open_writer(settings, secret_fingerprint=None, now=lambda: datetime.now(UTC)) as writer:
        writer.register_topic(LOG, VOTES_TOPIC, PARTITIONS, dict.fromkeys(range(PARTITIONS), 0))
        writer.register_topic(LOG, ARTICLES_TOPIC, 1, {0: 0})
        writer.claim(LOG, VOTES_TOPIC, range(PARTITIONS))
        writer.claim(LOG, ARTICLES_TOPIC, [0])
        writer.commit(_announcements(told, draw))
        for rows in _transactions(votes, told, until_us, draw):
            writer.commit(rows)
            writer.run_due_jobs()
        written = time.monotonic() - began
        # What the service does in the background, until nothing is left to do.
        while _rounds(writer):
            pass
    tended = time.monotonic() - began - written
    told = f"{votes:,} votes on {articles:,} articles over {days} days"
    print(f"{told}: written in {written:.0f} s, tended in {tended:.0f} s", flush=True)


def _rounds(writer: Writer) -> int:
    """A round of background maintenance, when it is due; how many times it was gone on with."""
    time.sleep(MAINTENANCE_SECONDS)
    slices = 0
    while writer.run_due_jobs().more_waits:
        slices += 1
    return slices


class Newcomer:
    """One more vote at a time, so that the store moves: on an article, by a reader of the first partition."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self._draw = writer, np.random.default_rng(3)
        self._next = writer.claim(LOG, VOTES_TOPIC, range(PARTITIONS))[0]

    def vote(self) -> None:
        now_us, day = int(datetime.now(UTC).timestamp() * 1e6), np.zeros(1, dtype=np.int64)
        one = Articles(pa.array(["town-00000"]), np.full((3, 1), now_us), np.full(1, 0.7), np.ones(1))
        offsets = Offsets(np.full(PARTITIONS, self._next))
        # A reader of the first partition: its number is a multiple of how many there are.
        rows = _transaction(
            self._next, day.astype(np.int32), day + now_us, day + now_us, one, offsets, bytes(16), self._draw
        )
        self._writer.commit(rows)
        self._next += 1


def _transactions(votes: int, articles: Articles, until_us: int, draw: np.random.Generator) -> Iterator[CommitRows]:
    article = np.searchsorted(np.cumsum(articles.weight) / articles.weight.sum(), draw.random(votes)).astype(np.int32)
    occurred = _times(articles.versions[0][article], until_us, draw)
    received = occurred + (draw.exponential(2.0, votes) * 1e6).astype(np.int64)
    late = np.flatnonzero(draw.random(votes) < LATE)
    received[late] += (draw.exponential(1.0, len(late)) * DAY_US).astype(np.int64)
    np.minimum(received, until_us, out=received)
    order, offsets = np.argsort(received, kind="stable"), Offsets()
    readers = draw.bytes(16 * max(votes // 10, 1_000))
    for number, first in enumerate(range(0, votes, COMMIT_ROWS)):
        at = order[first : first + COMMIT_ROWS]
        yield _transaction(number, article[at], occurred[at], received[at], articles, offsets, readers, draw)


def _times(published: Whole, until_us: int, draw: np.random.Generator) -> Whole:
    """When the votes were given: most in the first days, few in the small hours, none after the end."""
    n = len(published)
    days = draw.choice(np.array([1.0, 7.0, 90.0]), n, p=(0.7, 0.2, 0.1))
    age = draw.exponential(1.0, n) * days * DAY_US
    at = published + np.mod(age, np.maximum(until_us - published, 1)).astype(np.int64)
    day, edges = at // DAY_US, np.concatenate([[0], np.cumsum(_HOURS) / _HOURS.sum()])
    within = np.interp((at - day * DAY_US) / DAY_US, edges, np.linspace(0, 1, 25))
    return np.clip(day * DAY_US + (within * DAY_US).astype(np.int64), published, until_us)


def _transaction(
    number: int,
    article: NDArray[np.int32],
    occurred: Whole,
    received: Whole,
    articles: Articles,
    offsets: Offsets,
    readers: bytes,
    draw: np.random.Generator,
) -> CommitRows:
    n = len(article)
    section = draw.choice(5, n, p=(0.4, *(part for *_, part in SECTIONS)))
    reader = draw.integers(0, len(readers) // 16, n)
    segment = draw.integers(0, len(SEGMENTS), n)
    # Some change what was answered earlier in this transaction: the same reader and target, another answer.
    changes = np.sort(draw.choice(n, int(n * CHANGED) // 2 * 2, replace=False))
    earlier, later = changes[: len(changes) // 2], changes[len(changes) // 2 :]
    for column in (article, section, reader):
        column[later] = column[earlier]
    version = 1 + sum((occurred >= out[article]).astype(np.int32) for out in articles.versions[1:])
    share = articles.share[article] + np.array([0.0, 0.04, 0.0, -0.05, 0.01])[section] + 0.03 * (version - 1)
    answer = (draw.random(n) < share).astype(np.int8)
    answer[later] = 1 - answer[earlier]
    partition = reader % PARTITIONS
    offset = offsets.taken(partition)
    # The rows of the table: every cast, and the reversals of the answers that were changed.
    row = np.concatenate([np.arange(n), earlier])
    event = np.concatenate([np.arange(n), later])
    is_reversal = np.arange(len(row)) >= n
    sign = np.where(is_reversal, -1, 1).astype(np.int8)
    keys = np.frombuffer(readers, dtype="V16")[reader[row]]
    sections = pa.array([None, *(name for name, *_ in SECTIONS)])
    segment_ids = np.array([one.segment_id for one in SEGMENTS], dtype=np.uint64)
    table = pa.table(
        {
            "event_id": _event_ids(received, draw).take(pa.array(event)),
            "occurred_at": pa.array(occurred[row], TIMESTAMP),
            "received_at": pa.array(received[event], TIMESTAMP),
            "article_id": articles.names.take(pa.array(article[row])),
            "section_id": sections.take(pa.array(section[row])),
            "article_version": pa.array(version[row].astype(np.int32)),
            "reader_key": pa.ExtensionArray.from_storage(
                pa.uuid(), pa.Array.from_buffers(pa.binary(16), len(row), [None, pa.py_buffer(keys.tobytes())])
            ),
            "answer": pa.array(answer[row]),
            "is_reversal": pa.array(is_reversal),
            "is_winner": pa.array(~is_reversal),
            "votes_delta": pa.array(sign),
            "useful_delta": pa.array(sign * answer[row]),
            "segment_id": pa.array(segment_ids[segment[row]]),
            "log_partition": pa.array(partition[event].astype(np.int16)),
            "log_offset": pa.array(offset[event]),
        }
    )
    batch_id = f"batch-{number:012d}"
    return CommitRows(
        batch_id,
        {
            (LOG, VOTES_TOPIC, one): (int(some[0]), int(some[-1]) + 1)
            for one in range(PARTITIONS)
            if len(some := offset[partition == one])
        },
        votes=table,
        votes_log=(LOG, VOTES_TOPIC),
        segments=[] if number else [(s.segment_id, s.source, s.locale, s.device, s.referrer_host) for s in SEGMENTS],
        batches=_batches(batch_id, partition, offset, received),
        ledger=_ledger(batch_id, received),
    )


def _batches(batch_id: str, partition: Whole, offset: Whole, received: Whole) -> list[tuple[object, ...]]:
    """The rows of raw.batches: as if each had been a transaction of its own, a fifth of a second after its records."""
    rows = []
    for one in range(PARTITIONS):
        own, at = offset[partition == one].tolist(), received[partition == one].tolist()
        for first in range(0, len(own), BATCH_RECORDS):
            last = min(first + BATCH_RECORDS, len(own)) - 1
            n, times = last + 1 - first, (_moment(at[first]), _moment(at[last]), _moment(at[last] + 200_000))
            place = (LOG, VOTES_TOPIC, one, own[first], own[last] + 1)
            rows.append((batch_id, *place, n, n, 0, 0, 0, 0, *times, "worker-1"))
    return rows


def _ledger(batch_id: str, received: Whole) -> list[tuple[object, ...]]:
    """A row per hour of receipt."""
    hours, counts = np.unique(received // 3_600_000_000, return_counts=True)
    source, kind = SEGMENTS[0].source, "feedback.vote.cast.v1"
    return [
        (batch_id, source, kind, _moment(hour * 3_600_000_000), n, n, 0, 0, 0, 0)
        for hour, n in zip(hours.tolist(), counts.tolist(), strict=True)
    ]


def _event_ids(received: Whole, draw: np.random.Generator) -> pa.Array:
    """ULIDs: ten letters of time, sixteen of chance."""
    n = len(received)
    letters = draw.integers(0, 32, (n, 26), dtype=np.uint8)
    milliseconds = received // 1_000
    for place in range(10):
        letters[:, place] = (milliseconds >> (5 * (9 - place))) & 31
    ends = pa.py_buffer(np.arange(0, 26 * (n + 1), 26, dtype=np.int32))
    return pa.Array.from_buffers(pa.string(), n, [None, ends, pa.py_buffer(_BASE32[letters].tobytes())])


def _announcements(articles: Articles, draw: np.random.Generator) -> CommitRows:
    batch_id, place = "batch-articles", (LOG, ARTICLES_TOPIC, 0)
    rows: list[tuple[object, ...]] = []
    sections: list[tuple[object, ...]] = []
    never, source = np.iinfo(np.int64).max, "https://news.example/cms"
    for number, times in enumerate(articles.versions.T.tolist()):
        name, topic = f"town-{number:05d}", TOPICS[number % len(TOPICS)]
        author, words = f"Author {number * 7 % AUTHORS:03d}", draw.integers(40, 300, len(SECTIONS)).tolist()
        for version, at in enumerate((_moment(at) for at in times if at != never), start=1):
            told = (
                name,
                version,
                f"What changes in town {number}",
                f"https://news.example/{name}",
                topic,
                author,
                "en",
            )
            where = (len(rows) + 1, at, at, LOG, ARTICLES_TOPIC, 0, len(rows), batch_id)
            for position, (section, heading, kind, _) in enumerate(SECTIONS, start=1):
                own = (section, heading, kind, position, words[position - 1], len(rows) + 1, batch_id)
                sections.append((name, version, *own))
            rows.append((*told, number % 3 == 0, at, source, f"{name}-v{version}", *where))
    n, begin = len(rows), _moment(int(articles.versions[0].min()))
    return CommitRows(
        batch_id,
        {place: (0, n)},
        batches=[(batch_id, *place, 0, n, n, n, 0, 0, 0, 0, *[begin] * 3, "worker-1")],
        ledger=[(batch_id, source, "feedback.article.published.v1", begin, n, n, 0, 0, 0, 0)],
        articles=rows,
        article_sections=sections,
    )


def _moment(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
