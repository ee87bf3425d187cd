"""The questions of the first page: `python -m benchmarks.questions [--votes 10000000] [--seconds 60] [--data DIR]`.

Makes a store of so many votes on 2,000 articles over 90 days, through the store's own writer in transactions of 250,000
rows, with maintenance between them; then asks the page's questions, each anew, for so long. The processor is left out:
what is measured is reading. With --data an existing store is asked instead, and nothing is written.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.table import row
from feedback_analytics.analytics import Answers, Period, last_days
from feedback_analytics.contract import ARTICLES_TOPIC, VOTES_TOPIC
from feedback_analytics.settings import Settings, read_settings
from feedback_analytics.store import CommitRows, open_reader, open_writer

MOST_MS = 150
ARTICLES, DAYS, COMMIT_ROWS = 2_000, 90, 250_000
LOG = "log-of-the-benchmark"
SECTIONS = (
    ("whats-happening", "What’s Happening?", "whats_happening"),
    ("why-its-important", "Why It’s Important?", "why_its_important"),
    ("whats-next", "What’s Next?", "whats_next"),
    ("beyond-the-headlines", "Beyond the Headlines", "beyond_the_headlines"),
)
TIMESTAMP = pa.timestamp("us", "UTC")

Questions = dict[str, Callable[[Answers], object]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--votes", type=int, default=10_000_000)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--data", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="feedback-bench-") as folder:
        settings = read_settings({"data_dir": str(given.data or folder), "store.maintenance_seconds": 5})
        if given.data is None:
            make_store(settings, given.votes)
        ask_for(settings, given.seconds)


def make_store(settings: Settings, votes: int) -> None:
    """A store of so many standing votes, in the order in which they would have come."""
    began, now = time.monotonic(), datetime.now(UTC)
    with open_writer(settings, secret_fingerprint=None, now=lambda: datetime.now(UTC)) as writer:
        for topic in (VOTES_TOPIC, ARTICLES_TOPIC):
            writer.register_topic(LOG, topic, 1, {0: 0})
            writer.claim(LOG, topic, [0])
        published = np.sort(np.random.default_rng(1).uniform(0, DAYS, ARTICLES))
        writer.commit(_announcements(published, now))
        first = 0
        for table in _votes(votes, published, now):
            writer.commit(_batch(table, first, now))
            writer.run_due_jobs()
            first += table.num_rows
        while writer.run_due_jobs().more_waits:
            pass
    print(f"{votes:,} votes on {ARTICLES:,} articles over {DAYS} days, made in {time.monotonic() - began:.0f} s")


def ask_for(settings: Settings, seconds: float) -> None:
    """Asks each question of the first page in turn, every time of a store that is read anew; prints p50 and p95."""
    taken: dict[str, list[float]] = defaultdict(list)
    with open_reader(settings) as reader:
        rows = reader.table("select count(*) from raw.usefulness_hourly").column(0)[0].as_py()
        votes = reader.table("select count(*) from mart.votes").column(0)[0].as_py()
        fresh = Answers(reader).freshness().iloc[0]
        period = last_days(
            28, now=datetime.now(UTC), first_vote_at=fresh.first_vote_hour, newest_vote_at=fresh.newest_vote_hour
        )
        questions, end = _questions(period), time.monotonic() + seconds
        while time.monotonic() < end:
            answers, whole = Answers(reader), time.perf_counter()
            with answers.on_one_snapshot():
                for name, ask in questions.items():
                    began = time.perf_counter()
                    ask(answers)
                    taken[name].append(time.perf_counter() - began)
            taken["all of them, as the page asks"].append(time.perf_counter() - whole)
    print(f"{rows:,} rows in the hourly rollup; period of {period.days} days; {len(taken['freshness'])} rounds")
    print(f"{'question':<32}{'p50 ms':>8}{'p95 ms':>8}")
    slowest = 0.0
    for name, times in taken.items():
        p50, p95 = np.percentile(times, [50, 95]) * 1000
        print(f"{name:<32}{p50:>8.1f}{p95:>8.1f}")
        slowest = max(slowest, p95) if name in questions else slowest
    case = f"questions of the first page at {votes:,} votes, the slowest of {len(questions)}"
    print(row(case, f"p95 {slowest:.0f} ms (all in turn {p95:.0f} ms)", f"p95 ≤ {MOST_MS} ms", slowest <= MOST_MS))


def _questions(period: Period) -> Questions:
    """What the page at `/` asks, in its order; articles, sections, overview and kinds share one query."""
    return {
        "freshness": lambda answers: answers.freshness(),
        "sections": lambda answers: answers.sections(period),
        "overview": lambda answers: answers.overview(period),
        "over_time": lambda answers: answers.over_time(period),
        "kinds": lambda answers: answers.kinds(period),
        "articles": lambda answers: answers.articles(period),
        "ledger_balance": lambda answers: answers.ledger_balance(),
    }


def _votes(count: int, published: np.ndarray, now: datetime) -> Iterator[pa.Table]:
    """Entries in order of time. An article is read most in its first days, and a few far more than the others."""
    draw = np.random.default_rng(2)
    share = draw.beta(14, 6, ARTICLES)
    weight = draw.pareto(1.5, ARTICLES) + 0.1
    article = draw.choice(ARTICLES, count, p=weight / weight.sum())
    age = np.minimum(draw.exponential(1.5, count), published[article])
    occurred = (now.timestamp() - (published[article] - age) * 86_400) * 1e6
    order = np.argsort(occurred)
    names = pa.array([f"town-{n:05d}" for n in range(ARTICLES)])
    sections = pa.array([None, *(section for section, _, _ in SECTIONS)])
    for first in range(0, count, COMMIT_ROWS):
        at = order[first : first + COMMIT_ROWS]
        n = len(at)
        useful = (draw.random(n) < share[article[at]]).astype(np.int8)
        times = pa.array(occurred[at].astype(np.int64), TIMESTAMP)
        keys = pa.Array.from_buffers(pa.binary(16), n, [None, pa.py_buffer(draw.bytes(16 * n))])
        ones, none = np.ones(n, dtype=np.int8), np.zeros(n, dtype=bool)
        yield pa.table(
            {
                "event_id": pa.array([f"01JD{number:022d}" for number in range(first, first + n)]),
                "occurred_at": times,
                "received_at": times,
                "article_id": names.take(pa.array(article[at])),
                "section_id": sections.take(pa.array(draw.choice(5, n, p=(0.4, 0.2, 0.17, 0.13, 0.1)))),
                "article_version": pa.array(np.ones(n, dtype=np.int32)),
                "reader_key": pa.ExtensionArray.from_storage(pa.uuid(), keys),
                "answer": pa.array(useful),
                "is_reversal": pa.array(none),
                "is_winner": pa.array(~none),
                "votes_delta": pa.array(ones),
                "useful_delta": pa.array(useful),
                "segment_id": pa.array(draw.integers(0, 24, n).astype(np.uint64)),
                "log_partition": pa.array(np.zeros(n, dtype=np.int16)),
                "log_offset": pa.array(np.arange(first, first + n)),
            }
        )


def _batch(table: pa.Table, first: int, now: datetime) -> CommitRows:
    batch_id, n = f"batch-{first:012d}", table.num_rows
    hours = table["received_at"][0].as_py().replace(minute=0, second=0, microsecond=0)
    place = (LOG, VOTES_TOPIC, 0)
    return CommitRows(
        batch_id,
        {place: (first, first + n)},
        votes=table,
        votes_log=(LOG, VOTES_TOPIC),
        batches=[(batch_id, *place, first, first + n, n, n, 0, 0, 0, 0, now, now, now, "worker-1")],
        ledger=[(batch_id, "https://news.example/web", "feedback.vote.cast.v1", hours, n, n, 0, 0, 0, 0)],
    )


def _announcements(published: np.ndarray, now: datetime) -> CommitRows:
    batch_id, place = "batch-articles", (LOG, ARTICLES_TOPIC, 0)
    articles, sections = [], []
    for number, age in enumerate(published.tolist()):
        name, at = f"town-{number:05d}", now - timedelta(days=age)
        told = (name, 1, f"What changes in town {number}", f"https://news.example/{name}", "Cities", "City desk", "en")
        place_of = (number, at, at, LOG, ARTICLES_TOPIC, 0, number, batch_id)
        articles.append((*told, number % 3 == 0, at, "https://news.example/cms", f"{name}-v1", *place_of))
        for position, (section, heading, kind) in enumerate(SECTIONS, start=1):
            sections.append((name, 1, section, heading, kind, position, 90, number, batch_id))
    n = len(articles)
    return CommitRows(
        batch_id,
        {place: (0, n)},
        batches=[(batch_id, *place, 0, n, n, n, 0, 0, 0, 0, now, now, now, "worker-1")],
        ledger=[(batch_id, "https://news.example/cms", "feedback.article.published.v1", now, n, n, 0, 0, 0, 0)],
        articles=articles,
        article_sections=sections,
    )


if __name__ == "__main__":
    main()
