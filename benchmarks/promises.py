"""Do the statistics keep their promises? `python -m benchmarks.promises [--runs 1000]`.

Draws articles, sections and votes with known effects, and counts how often the interval covers them and how often the
evidence raises a false alarm. Prints the figures of docs/decisions/0005 and the seconds that 20,000 articles take.
The tests draw from the same generators, with seeds of their own.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from feedback_analytics.analytics.differences import difference_evidence, drop_evidence
from feedback_analytics.analytics.matching import matched_difference
from feedback_analytics.analytics.section_effects import kind_effects, section_map
from feedback_analytics.analytics.shrinkage import group_priors

Counts = NDArray[np.int64]
Shares = NDArray[np.float64]
Rng = np.random.Generator
KIND_EFFECTS = np.array([0.04, 0.0, -0.05, 0.01])
# Of the four kinds, less their mean 0.
PLANTED = -0.15
# The own part of the one section that is watched.


class Articles(NamedTuple):
    useful: Counts
    votes: Counts
    is_marked: NDArray[np.bool_]
    strata: Counts


class Sections(NamedTuple):
    """own: the part of each section's share that article, kind and topic do not explain."""

    useful: Counts
    votes: Counts
    articles: Counts
    kinds: Counts
    topics: Counts
    own: Shares


def readers(rng: Rng, size: int, typical: float) -> Counts:
    """Votes per article: few on most, thousands on some."""
    return np.minimum((rng.pareto(1.2, size) + 1) * typical, 3_000).astype(np.int64)


def marked_articles(rng: Rng, articles: int, strata: int, effect: float, deviation: float) -> Articles:
    """Articles whose true shares scatter within their stratum; marks are commoner in some strata than in others."""
    stratum = rng.integers(0, strata, articles)
    level, chance = rng.uniform(0.5, 0.8, strata), rng.uniform(0.1, 0.7, strata)
    is_marked = rng.random(articles) < chance[stratum]
    mean = level[stratum] + effect * is_marked
    weight = mean * (1 - mean) / deviation**2 - 1
    votes = readers(rng, articles, 8)
    return Articles(rng.binomial(votes, rng.beta(mean * weight, (1 - mean) * weight)), votes, is_marked, stratum)


def article_sections(
    rng: Rng, articles: int, topics: int, typical: float, own_deviation: float = 0.05, topic_kinds: float = 0.02
) -> Sections:
    """Articles of four sections, a tenth of them missing, later ones read by fewer; section 2 is the one watched."""
    topic = rng.integers(0, topics, articles)
    level = 0.72 + 0.04 * rng.standard_normal(topics)
    article_level = level[topic] + 0.07 * rng.standard_normal(articles)
    by_topic = topic_kinds * rng.standard_normal((topics, 4))
    present = rng.random((articles, 4)) > 0.1
    present[0] = True
    article, kind = np.nonzero(present)
    expected = article_level[article] + KIND_EFFECTS[kind] + by_topic[topic[article], kind]
    own = own_deviation * rng.standard_normal(article.size)
    own[2] = PLANTED
    share = np.clip(expected + own, 0.01, 0.99)
    votes = rng.binomial(readers(rng, articles, typical)[article], np.array([0.9, 0.7, 0.6, 0.4])[kind])
    votes[2] = max(votes[2], 10)
    return Sections(rng.binomial(votes, share), votes, article, kind, topic[article], share - expected)


def matched_coverage(rng: Rng, runs: int, articles: int, strata: int, effect: float, deviation: float) -> float:
    """Share of runs whose matched interval covers the effect."""
    covered = 0
    for _ in range(runs):
        found = matched_difference(*marked_articles(rng, articles, strata, effect, deviation))
        covered += found.low <= effect <= found.high
    return covered / runs


class SectionCoverage(NamedTuple):
    """Shares covered: the watched section, all others with 10 votes, with 200; running bounds of all; each kind."""

    watched: float
    others: float
    much_read: float
    running: float
    kinds: Shares


def section_coverage(
    rng: Rng,
    runs: int,
    articles: int,
    topics: int,
    typical: float,
    own_deviation: float = 0.05,
    topic_kinds: float = 0.02,
) -> SectionCoverage:
    watched, hits, much, running = [], [], [], []
    kinds = np.zeros(4)
    for _ in range(runs):
        drawn = article_sections(rng, articles, topics, typical, own_deviation, topic_kinds)
        found = section_map(*drawn[:5])
        is_in = (found.low <= drawn.own) & (drawn.own <= found.high)
        told = drawn.votes >= 10
        watched.append(is_in[2])
        running.append(((found.running_low <= drawn.own) & (drawn.own <= found.running_high))[told])
        told[2] = False
        hits.append(is_in[told])
        much.append(is_in[told & (drawn.votes >= 200)])
        effects = kind_effects(*drawn[:4])
        kinds += (effects.low <= KIND_EFFECTS) & (effects.high >= KIND_EFFECTS)
    share = [float(np.concatenate(part).mean()) for part in (hits, much, running)]
    return SectionCoverage(float(np.mean(watched)), *share, kinds / runs)


def watched_map_missed(rng: Rng, runs: int, articles: int, looks: int) -> float:
    """Share of sections that lay outside their running bounds at any look, while all votes arrive step by step."""
    missed = []
    for _ in range(runs):
        drawn = article_sections(rng, articles, 5, 40)
        left, left_useful = drawn.votes.copy(), drawn.useful.copy()
        useful, votes = np.zeros_like(left), np.zeros_like(left)
        ever = np.zeros(left.size, dtype=bool)
        for look in range(looks, 0, -1):
            more = rng.binomial(left, 1 / look)
            more_useful = rng.hypergeometric(left_useful, left - left_useful, more)
            left, left_useful = left - more, left_useful - more_useful
            votes, useful = votes + more, useful + more_useful
            found = section_map(useful, votes, *drawn[2:5])
            ever |= (drawn.own < found.running_low) | (drawn.own > found.running_high)
        missed.append(ever[votes >= 10])
    return float(np.concatenate(missed).mean())


def looked_at(most: int) -> Counts:
    """Votes at which a window is looked at: each of the first fifty, then about one in twenty."""
    return np.unique(np.concatenate([np.arange(1, 51), np.geomspace(50, most, 60)]).astype(np.int64))


def windows(rng: Rng, runs: int, share: float, most: int) -> tuple[Counts, Counts]:
    """Useful votes of windows at each look, runs by looks, and the votes at the looks."""
    looks = looked_at(most)
    steps = np.diff(looks, prepend=0)
    return rng.binomial(steps, share, (runs, looks.size)).cumsum(axis=1), looks


def drop_alarms(rng: Rng, runs: int, share: float, base_votes: int, fall: float, at_least: float) -> Shares:
    """Votes at which each window is first told to have dropped at 5 %; infinite if never, looked at up to 2,000."""
    useful, looks = windows(rng, runs, share - fall, 2_000)
    base = rng.binomial(base_votes, share, (runs, 1))
    is_told = drop_evidence(useful, looks, base, base_votes, at_least) >= np.log(20)
    return np.where(is_told.any(axis=1), looks[is_told.argmax(axis=1)], np.inf)


def difference_alarms(rng: Rng, runs: int, share: float) -> float:
    """Share of runs in which two sides of one share, both growing, were ever told apart at 5 %."""
    (one, looks), (other, _) = windows(rng, runs, share, 2_000), windows(rng, runs, share, 2_000)
    evidence = difference_evidence(one, looks, other, looks)
    return float((evidence >= np.log(20)).any(axis=1).mean())


def seconds_of_20_000(rng: Rng) -> dict[str, float]:
    """Seconds of CPU, best of three, for 20,000 articles, of four sections each where it is about sections."""
    drawn = article_sections(rng, 20_000, 50, 8)
    articles = marked_articles(rng, 20_000, 1_000, -0.04, 0.1)
    work = {
        "section_map": lambda: section_map(*drawn[:5]),
        "kind_effects": lambda: kind_effects(*drawn[:4]),
        "matched_difference": lambda: matched_difference(*articles),
        "group_priors": lambda: group_priors(articles.useful, articles.votes, articles.strata // 20),
        "drop_evidence": lambda: drop_evidence(articles.useful, articles.votes, articles.votes * 8, articles.votes * 9),
    }
    return {name: min(_seconds(once) for _ in range(3)) for name, once in work.items()}


def _seconds(once: Callable[[], object]) -> float:
    start = time.process_time()
    once()
    return time.process_time() - start


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=1_000)
    options.add_argument("--seed", type=int, default=9)
    chosen = options.parse_args()
    rng, runs = np.random.default_rng(chosen.seed), chosen.runs
    print(f"{runs} runs a row\n\nmatched: articles, strata, deviation of articles | covered", flush=True)
    for articles, strata, deviation in ((400, 40, 0.1), (60, 10, 0.1), (60, 25, 0.1), (2_000, 200, 0.05), (30, 3, 0.1)):
        covered = matched_coverage(rng, runs, articles, strata, -0.04, deviation)
        print(f"{articles}, {strata}, {deviation} | {covered:.1%}", flush=True)
    print("\nsections: articles, topics, readers, own, topic kinds | watched | others | 200 votes | running | kinds")
    for case in ((300, 12, 8, 0.05, 0.0), (300, 12, 60, 0.05, 0.0), (300, 12, 60, 0.05, 0.02), (300, 12, 8, 0.1, 0.02),
                 (60, 5, 8, 0.05, 0.02), (20, 4, 8, 0.05, 0.02)):  # fmt: skip
        found = section_coverage(rng, runs, *case)
        kinds = ", ".join(f"{share:.1%}" for share in found.kinds)
        print(case, " | ".join(f"{share:.1%}" for share in found[:4]), "|", kinds, flush=True)
    print(f"\nmap watched at 30 looks, ever outside: {watched_map_missed(rng, runs // 20, 60, 30):.1%}", flush=True)
    print(
        "\ndrop: share, votes before, at least | false alarms | votes to an alarm at a fall 10 points deeper (median)"
    )
    for share in (0.7, 0.9):
        for base_votes in (50, 500, 5_000):
            for at_least in (0.0, 0.05):
                alarms = drop_alarms(rng, runs, share, base_votes, at_least, at_least)
                found_after = np.median(drop_alarms(rng, runs, share, base_votes, at_least + 0.1, at_least))
                told = f"{np.isfinite(alarms).mean():.1%} | {found_after:.0f}"
                print(f"{share}, {base_votes}, {at_least} | {told}", flush=True)
    print("\ndifference of two growing sides, share | false alarms")
    for share in (0.5, 0.7, 0.9):
        print(f"{share} | {difference_alarms(rng, runs, share):.1%}", flush=True)
    print("\n20,000 articles, seconds of CPU")
    for name, seconds in seconds_of_20_000(rng).items():
        print(f"{name} | {seconds:.3f}")


if __name__ == "__main__":
    main()
