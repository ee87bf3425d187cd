"""The section map and the kinds' net effects, by plain cases and by simulation with a fixed seed."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.promises import KIND_EFFECTS, article_sections, section_coverage, watched_map_missed
from feedback_analytics.analytics.section_effects import kind_effects, section_map

KINDS = ["happening", "important", "next", "beyond"]


def a_site(articles: int = 40, votes: int = 1_000) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Articles at 60 % and 80 % in turn; the kinds add 4, 0, -5 and 1 points. Without any chance."""
    level = np.where(np.arange(articles) % 2 == 0, 0.6, 0.8)
    share = level[:, None] + KIND_EFFECTS
    useful = np.round(share * votes).astype(int).ravel()
    return useful, np.full(useful.size, votes), np.repeat(np.arange(articles), 4), np.tile(KINDS, articles)


def test_a_section_is_expected_to_be_as_its_article_and_its_kind_are() -> None:
    useful, votes, articles, kinds = a_site()
    found = section_map(useful, votes, articles, kinds, np.zeros(useful.size))
    assert found.expected == pytest.approx(useful / votes, abs=0.005)


def test_a_section_far_below_what_is_expected_stands_out_and_does_not_move_its_own_yardstick() -> None:
    useful, votes, articles, kinds = a_site()
    before = section_map(useful, votes, articles, kinds, np.zeros(useful.size))
    useful[2] -= 200
    found = section_map(useful, votes, articles, kinds, np.zeros(useful.size))
    assert found.difference[2] == pytest.approx(-0.2, abs=0.01)
    assert found.running_high[2] < -0.05
    assert found.expected[2] == pytest.approx(before.expected[2], abs=0.01)


def test_the_kinds_effects_are_net_of_which_articles_have_them() -> None:
    """Only the better articles have the last kind: its raw share is high, its effect is not."""
    useful, votes, articles, kinds = a_site()
    kept = (kinds != "beyond") | (articles % 2 == 1)
    found = kind_effects(useful[kept], votes[kept], articles[kept], kinds[kept])
    effects = dict(zip(found.kinds, found.effect, strict=True))
    assert [effects[kind] for kind in KINDS] == pytest.approx(KIND_EFFECTS, abs=1e-3)
    assert dict(zip(found.kinds, found.articles, strict=True))["beyond"] == 20


def test_a_section_without_votes_has_an_expectation_and_no_difference() -> None:
    useful, votes, articles, kinds = a_site()
    useful[5] = votes[5] = 0
    found = section_map(useful, votes, articles, kinds, np.zeros(useful.size))
    assert found.expected[5] == pytest.approx(0.8, abs=0.01)
    assert np.isnan([found.difference[5], found.low[5], found.running_high[5]]).all()


def test_little_data_gives_wide_bounds_and_no_error() -> None:
    alone = section_map([3], [4], ["a"], ["next"], ["politics"])
    assert alone.low[0] < 0 < alone.high[0]
    one_article = section_map([3, 9, 2], [10, 10, 10], ["a"] * 3, KINDS[:3], ["t"] * 3)
    assert np.isfinite(one_article.expected).all() and (one_article.low < one_article.high).all()
    assert section_map([], [], [], [], []).expected.shape == (0,)
    assert kind_effects([], [], [], []).effect.shape == (0,)
    assert np.isnan(kind_effects([3], [4], ["a"], ["next"]).effect).all()


def test_impossible_counts_are_a_defect_of_the_caller() -> None:
    with pytest.raises(ValueError, match="0 <= useful <= votes"):
        section_map([3], [2], [0], [0], [0])
    with pytest.raises(ValueError, match="0 <= useful <= votes"):
        kind_effects([3], [2], [0], [0])


def test_the_bounds_cover_known_effects_in_93_to_97_percent_of_1000_runs() -> None:
    """60 articles; sections differ by 5 points of their own, and one by 15. At a true 95 %, 1,000 runs have a standard
    error of 0.7 points: 93 and 97 lie 2.9 of them away.
    """
    found = section_coverage(np.random.default_rng(51), 1_000, 60, 5, 60, topic_kinds=0.0)
    assert 0.93 <= found.watched <= 0.97
    assert 0.93 <= found.others <= 0.97
    assert ((found.kinds >= 0.93) & (found.kinds <= 0.97)).all()


def test_a_map_that_is_watched_leaves_its_running_bounds_in_fewer_than_5_percent() -> None:
    """10 maps of about 200 sections, looked at 30 times while the votes arrive. The bounds add what could be squared
    and added, so they are far on the safe side: 0.4 % in docs/decisions/0005.
    """
    assert watched_map_missed(np.random.default_rng(52), 10, 60, 30) < 0.05


def test_topics_in_which_a_kind_does_otherwise_are_learnt() -> None:
    drawn = article_sections(np.random.default_rng(53), 2_000, 4, 60, topic_kinds=0.1)
    with_topics = section_map(*drawn[:5])
    without = section_map(*drawn[:4], np.zeros(drawn.votes.size))
    much = drawn.votes >= 200
    errors = [np.std((found.difference - drawn.own)[much]) for found in (with_topics, without)]
    assert errors[0] < 0.8 * errors[1]
