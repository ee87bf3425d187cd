"""The index of standing votes: derived, and mended when it is not what it should be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from feedback_analytics.errors import StoreDamaged
from feedback_analytics.processor.standing_votes import STANDING, StandingVotes, shared_cache

KEY = b"k" * 16
ANSWER = np.array([(1, 2, 1, 3, 4)], dtype=STANDING).tobytes()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[StandingVotes]:
    with StandingVotes(tmp_path / "0", shared_cache(1 << 20)) as opened:
        opened.adopt("store/1/log", 0)
        yield opened


def test_an_answer_put_is_found_after_a_restart(index: StandingVotes) -> None:
    index.advance([KEY], ANSWER, [KEY + b"h" * 8], 10)
    index.close()
    with StandingVotes(index.path, shared_cache(1 << 20)) as again:
        assert again.adopt("store/1/log", 10) == 10
        assert again.get([KEY, KEY + b"h" * 8, b"x" * 16]) == [ANSWER, b"", None]


@pytest.mark.parametrize("origin", ["other/1/log", "store/2/log", "store/1/other"])
def test_an_index_of_another_store_epoch_or_log_is_made_anew(index: StandingVotes, origin: str) -> None:
    index.advance([KEY], ANSWER, [], 10)
    assert index.adopt(origin, 10) == 0
    assert index.get([KEY]) == [None]


def test_an_index_ahead_of_the_store_is_made_anew(index: StandingVotes) -> None:
    index.advance([KEY], ANSWER, [], 10)
    assert index.adopt("store/1/log", 9) == 0
    assert index.get([KEY]) == [None]


def test_an_index_behind_the_store_says_where_it_is(index: StandingVotes) -> None:
    index.advance([KEY], ANSWER, [], 10)
    assert index.adopt("store/1/log", 25) == 10


def test_a_reopened_index_keeps_its_bloom_filter(index: StandingVotes) -> None:
    index.advance([KEY], ANSWER, [], 1)
    index.close()
    with StandingVotes(index.path, shared_cache(1 << 20)):
        newest = max(index.path.glob("OPTIONS-*"), key=lambda path: int(path.name.split("-")[1]))
        assert "filter_policy=bloomfilter" in newest.read_text()


def test_a_damaged_index_is_made_anew(index: StandingVotes) -> None:
    index.advance([KEY], ANSWER, [], 10)
    index.close()
    (index.path / "CURRENT").write_text("rubbish")
    with StandingVotes(index.path, shared_cache(1 << 20)) as again:
        assert again.position is None


def test_an_index_in_use_is_refused_with_the_remedy(index: StandingVotes) -> None:
    with pytest.raises(StoreDamaged, match="FEEDBACK_WORKER_NAME"):
        StandingVotes(index.path, shared_cache(1 << 20))
