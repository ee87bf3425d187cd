"""The questions at size: `python -m benchmarks.questions [--votes 50000000] [--articles 20000] [--data DIR]`.

Makes a store of two years (benchmarks/history.py), or takes the one in DIR, where the next run finds it again; then
asks every question that has a figure, by `Lake.ask`, with each kind of filter. Before each answer a vote comes in, so
that none was kept from the one before. The figures are for 50 million votes on 20,000 articles, on 2 cores.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.history import DAYS, MAINTENANCE_SECONDS, SEGMENTS, Newcomer, make_history
from benchmarks.table import row
from feedback_analytics.analytics import Lake
from feedback_analytics.settings import read_settings
from feedback_analytics.store import find_store, open_reader, open_writer


class Case(NamedTuple):
    """A question with filters, and how many milliseconds its answer may take."""

    figure: str
    question: str
    filters: str
    asked: dict[str, Any]
    wanted_ms: int


COUNTS, MODELS, SOME_90, SOME_ALL, DROPS, PAST = (
    "overview, ranking, trend, one article",
    "section map, AI and human, edit effect over 90 days",
    "with source, locale or device over 90 days",
    "with source, locale or device over everything",
    "drops over everything",
    "with a past as-of",
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--votes", type=int, default=50_000_000)
    options.add_argument("--articles", type=int, default=20_000)
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--data", type=Path, help="keep the store here, and use it again")
    options.add_argument("--only", default="", help="cases whose question/filters hold this text")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="feedback-bench-") as folder:
        # A transaction of the benchmark is as large as a merged file, on a machine that may be busy.
        flags = {"data_dir": str(given.data or folder), "worker.transaction_seconds": 360}
        flags["store.maintenance_seconds"] = MAINTENANCE_SECONDS
        settings = read_settings(flags)
        if not (Path(flags["data_dir"]) / "lake").exists():
            make_history(settings, given.votes, given.articles)
        find_store(settings.store_location)
        with (
            open_writer(settings, secret_fingerprint=None, now=lambda: datetime.now(UTC)) as writer,
            open_reader(settings) as reader,
        ):
            votes = reader.table("select sum(next_offset) from raw.folded_positions").column(0)[0].as_py()
            ask_all(Lake(reader), Newcomer(writer), int(votes or 0), given.rounds, given.only)


def ask_all(lake: Lake, newcomer: Newcomer, votes: int, rounds: int, only: str) -> None:
    """Asks every case so many times; prints p50 and p95 of each, and a row of the table per figure."""
    article = lake.ask("ranking", order="votes", days="all").iloc[0]["article_id"]
    slowest: dict[str, tuple[float, str]] = {}
    print(f"{'question':<14}{'filters':<22}{'rows':>8}{'p50 ms':>9}{'p95 ms':>9}{'wanted':>8}")
    for case in cases(article, datetime.now(UTC)):
        name = f"{case.question}/{case.filters}"
        if only not in name:
            continue
        rows, taken = 0, []
        for _ in range(rounds):
            newcomer.vote()
            began = time.perf_counter()
            rows = len(lake.ask(case.question, **case.asked))
            taken.append((time.perf_counter() - began) * 1000)
        p50, p95 = np.percentile(taken, [50, 95])
        told = "" if p95 <= case.wanted_ms else "  NO"
        print(
            f"{case.question:<14}{case.filters:<22}{rows:>8}{p50:>9.0f}{p95:>9.0f}{case.wanted_ms:>8}{told}", flush=True
        )
        part = p95 / case.wanted_ms
        slowest[case.figure] = max(
            slowest.get(case.figure, (0.0, "")),
            (part, f"p95 {p95:.0f} ms ({case.question}, {case.filters})|p95 ≤ {case.wanted_ms:,} ms"),
        )
    for figure, (part, told) in slowest.items():
        measured, wanted = told.split("|")
        print(row(f"{figure}, at {votes:,} votes, the slowest", measured, wanted, part <= 1))


def cases(article: str, now: datetime) -> Iterator[Case]:
    """Every question that has a figure, with each kind of filter; the article is the one with most votes."""
    topic, author, kind = {"topic": "Cities"}, {"author": "Author 007"}, {"kind": "whats_next", "of": "sections"}
    for days in (28, 90, "all"):
        targets = {"": {}, "topic": topic, "author": author, "label": {"ai": True}, "article": {"article_id": article}}
        for name, filters in {**targets, "kind": kind}.items():
            asked, told = {**filters, "days": days}, f"{days} {name}".strip()
            no_of = {key: value for key, value in asked.items() if key != "of"}
            yield Case(COUNTS, "overview", told, {**no_of, "with_readers": False}, 200)
            yield Case(COUNTS, "ranking", told, asked, 200)
            yield Case(COUNTS, "trend", told, {**asked, "with_late": False}, 200)
    for days in (28, 90):
        for question in ("section_map", "ai_and_human"):
            yield Case(MODELS, question, str(days), {"days": days}, 500)
            yield Case(MODELS, question, f"{days} topic", {"days": days, **topic}, 500)
        yield Case(MODELS, "edit_effect", f"{days} article", {"days": days, "article_id": article}, 500)
    some = {"source": SEGMENTS[0].source, "locale": "en-GB", "device": "mobile"}
    for figure, days, wanted_ms in ((SOME_90, 90, 500), (SOME_ALL, "all", 2_000)):
        for name, value in some.items():
            for question in ("overview", "ranking", "trend", "section_map", "ai_and_human"):
                without = {"overview": {"with_readers": False}, "trend": {"with_late": False}}.get(question, {})
                yield Case(figure, question, f"{days} {name}", {"days": days, name: value, **without}, wanted_ms)
        yield Case(figure, "segments", f"{days} by device", {"days": days, "by": "device"}, wanted_ms)
    yield Case(DROPS, "drops", "7 days after 28", {}, 3_000)
    yield Case(DROPS, "drops", "half of everything", {"window_days": DAYS // 2, "base_days": DAYS // 2}, 3_000)
    for ago in (timedelta(hours=1), timedelta(days=7), timedelta(days=DAYS // 2)):
        at = {"as_of": (now - ago).isoformat()}
        for days in (28, "all"):
            asked, told = {**at, "days": days}, f"{days} as of -{ago.total_seconds() / 3600:.0f} h"
            yield Case(PAST, "overview", told, {**asked, "with_readers": False}, 5_000)
            yield Case(PAST, "ranking", told, asked, 5_000)
            yield Case(PAST, "trend", told, {**asked, "with_late": False}, 5_000)
        yield Case(PAST, "drops", f"as of -{ago.total_seconds() / 3600:.0f} h", at, 5_000)


if __name__ == "__main__":
    main()
