"""Checkpoints: what the next owner of a partition begins from, and what is told when none can be made."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from feedback_analytics.processor.checkpoints import KEPT, WORTH_RECORDS, Checkpoints
from feedback_analytics.processor.standing_votes import SIZE, StandingVotes, shared_cache

ORIGIN = "a store/0/a log"


def an_index(folder: Path) -> StandingVotes:
    return StandingVotes(folder, shared_cache(2**20))


def grow(index: StandingVotes, position: int, answers: int = 1000) -> list[bytes]:
    """Answers of readers that nobody knew, up to a position."""
    keys = [np.random.default_rng([position, at]).bytes(16) for at in range(answers)]
    index.advance(keys, b"".join(key.ljust(SIZE, b"!") for key in keys), [], position)
    return keys


def saved(checkpoints: Checkpoints, index: StandingVotes) -> Path:
    """The checkpoint that this makes."""
    assert checkpoints.save(3, index)
    checkpoints._copying.submit(lambda: None).result()
    position = index.position or 0
    found = checkpoints.newest(3, ORIGIN.encode(), after=position - WORTH_RECORDS, until=position)
    assert found is not None
    return found


def test_another_owner_begins_from_the_newest_checkpoint_and_goes_on_by_itself(tmp_path: Path) -> None:
    told = list[str]()
    checkpoints = Checkpoints(tmp_path / "shared", told.append)
    with an_index(tmp_path / "one") as one, an_index(tmp_path / "two") as two:
        one.adopt(ORIGIN, 0)
        first = grow(one, WORTH_RECORDS)
        saved(checkpoints, one)
        second = grow(one, 3 * WORTH_RECORDS)
        two.begin_from(saved(checkpoints, one))
        assert two.adopt(ORIGIN, 4 * WORTH_RECORDS) == 3 * WORTH_RECORDS
        assert two.get([*first, *second]) == one.get([*first, *second])
        third = grow(two, 4 * WORTH_RECORDS)
        assert one.get(third) == [None] * len(third)
        assert two.generation != one.generation
    checkpoints.close()
    assert told == []


def test_a_data_file_that_a_former_checkpoint_has_is_not_copied_again(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "shared", print)
    with an_index(tmp_path / "one") as one:
        one.adopt(ORIGIN, 0)
        grow(one, WORTH_RECORDS)
        former = {file.name: file.stat().st_ino for file in saved(checkpoints, one).glob("*.sst")}
        grow(one, 2 * WORTH_RECORDS)
        later = {file.name: file.stat().st_ino for file in saved(checkpoints, one).glob("*.sst")}
    checkpoints.close()
    assert former.items() <= later.items()
    assert len(later) > len(former)


def test_only_the_newest_are_kept_and_one_is_made_only_when_it_spares_much(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "shared", print)
    with an_index(tmp_path / "one") as one:
        one.adopt(ORIGIN, 0)
        for number in range(1, 5):
            grow(one, number * WORTH_RECORDS, 10)
            saved(checkpoints, one)
        grow(one, 5 * WORTH_RECORDS - 1, 10)
        assert not checkpoints.save(3, one)
    checkpoints.close()
    kept = sorted(folder.name.split("-")[0] for folder in (tmp_path / "shared" / "3").iterdir())
    assert kept == [f"{number * WORTH_RECORDS:020d}" for number in range(1, 5)][-KEPT:]
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["one", "shared"]


def test_one_of_another_store_or_ahead_of_the_store_or_hardly_ahead_of_the_index_is_not_begun_from(
    tmp_path: Path,
) -> None:
    checkpoints = Checkpoints(tmp_path / "shared", print)
    with an_index(tmp_path / "one") as one:
        one.adopt(ORIGIN, 0)
        grow(one, 2 * WORTH_RECORDS)
        saved(checkpoints, one)
    position, origin = 2 * WORTH_RECORDS, ORIGIN.encode()
    assert checkpoints.newest(3, origin, after=0, until=position) is not None
    assert checkpoints.newest(3, b"another store/0/a log", after=0, until=position) is None
    assert checkpoints.newest(3, origin, after=0, until=position - 1) is None
    assert checkpoints.newest(3, origin, after=position - WORTH_RECORDS + 1, until=position) is None
    assert checkpoints.newest(4, origin, after=0, until=position) is None
    checkpoints.close()


def test_a_folder_that_takes_no_files_is_told_and_stops_nothing(tmp_path: Path) -> None:
    told = list[str]()
    (tmp_path / "shared").write_text("a file where a folder should be")
    checkpoints = Checkpoints(tmp_path / "shared", told.append)
    with an_index(tmp_path / "one") as one:
        one.adopt(ORIGIN, 0)
        keys = grow(one, WORTH_RECORDS)
        assert checkpoints.save(3, one)
        checkpoints.close()
        assert one.get(keys[:1]) != [None]
    assert len(told) == 1
    assert told[0].startswith(f"no checkpoint of the index in {tmp_path / 'shared' / '3'}: Not a directory")


def test_a_torn_checkpoint_leaves_an_index_that_is_caught_up_from_the_store(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "shared", print)
    with an_index(tmp_path / "one") as one, an_index(tmp_path / "two") as two:
        one.adopt(ORIGIN, 0)
        grow(one, WORTH_RECORDS)
        torn = saved(checkpoints, one)
        for file in torn.glob("MANIFEST*"):
            os.truncate(file, 7)
        two.adopt(ORIGIN, 0)
        two.begin_from(torn)
        assert two.adopt(ORIGIN, WORTH_RECORDS) == 0
        grow(two, WORTH_RECORDS)
    checkpoints.close()
