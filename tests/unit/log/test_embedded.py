"""What the embedded log promises beyond the law of every log: its file, its clock, its retention."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from feedback_analytics.errors import LogError
from feedback_analytics.log import EmbeddedLog, NewRecord, OffsetRange, Seal
from feedback_analytics.settings import LogSettings

TOPIC = "votes"
HOUR_US = 3_600_000_000


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now_us = 1_000 * HOUR_US

    def __call__(self) -> int:
        return self.now_us


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_again(tmp_path: Path, clock: Clock) -> Callable[[], EmbeddedLog]:
    return lambda: EmbeddedLog(tmp_path, LogSettings(), clock)


@pytest.fixture
def log(open_again: Callable[[], EmbeddedLog]) -> Iterator[EmbeddedLog]:
    with open_again() as log:
        log.create_topic(TOPIC, 2)
        yield log


def append(log: EmbeddedLog, *values: str, partition: int = 0) -> None:
    log.append([NewRecord(TOPIC, partition, b"key", value.encode()) for value in values]).result()


def values(log: EmbeddedLog, offset: int = 0, partition: int = 0) -> list[str]:
    return [record.value.decode() for record in log.read(TOPIC, partition, offset, 1000)]


def test_append_times_stay_when_the_clock_steps_back(log: EmbeddedLog, clock: Clock) -> None:
    append(log, "first")
    clock.now_us -= HOUR_US
    append(log, "second")
    clock.now_us += 2 * HOUR_US
    append(log, "third")
    begin = 1_000 * HOUR_US
    assert [record.appended_at_us for record in log.read(TOPIC, 0, 0, 9)] == [begin, begin, begin + HOUR_US]


def test_what_waits_together_is_written_together(log: EmbeddedLog) -> None:
    with log._file.exclusive():
        futures = [log.append([NewRecord(TOPIC, 0, b"k", b"v")]) for _ in range(30)]
    for future in futures:
        future.result()
    # The first may have been taken alone before the lock was seen; all others share one transaction.
    assert len(log.read_runs(TOPIC, 0, 0, 1000)) <= 2


def test_a_run_read_from_its_middle_begins_there(log: EmbeddedLog) -> None:
    append(log, "a", "b", "c", "d")
    (run,) = log.read_runs(TOPIC, 0, 2, 100)
    assert (run.first, run.next, run.values, run.keys) == (2, 4, [b"c", b"d"], [b"key", b"key"])


def test_a_read_stops_at_whole_runs_that_hold_enough(log: EmbeddedLog) -> None:
    for number in range(5):
        append(log, f"{number}a", f"{number}b")
    assert [run.next for run in log.read_runs(TOPIC, 0, 0, 3)] == [2, 4]


def test_a_large_append_is_kept_in_runs_of_bounded_size(log: EmbeddedLog) -> None:
    log.append([NewRecord(TOPIC, 0, b"k", b"x" * 1000) for _ in range(5000)]).result()
    runs = log.read_runs(TOPIC, 0, 0, 5000)
    assert all(sum(map(len, run.values)) <= 2**20 for run in runs)
    assert [run.first for run in runs[1:]] == [run.next for run in runs[:-1]]


def test_the_mark_changes_when_another_opening_has_written(
    log: EmbeddedLog, open_again: Callable[[], EmbeddedLog]
) -> None:
    mark = log.change_mark()
    assert log.change_mark() == mark
    with open_again() as other:
        append(other, "new")
    assert log.change_mark() != mark


def test_two_openings_that_take_turns_give_every_record_an_offset_of_its_own(
    log: EmbeddedLog, open_again: Callable[[], EmbeddedLog]
) -> None:
    with open_again() as other:
        for number in range(6):
            append((log, other)[number % 2], str(number))
    assert values(log) == [str(number) for number in range(6)]


def test_retention_cuts_what_is_stored_and_old(log: EmbeddedLog, clock: Clock) -> None:
    append(log, "old", "old too")
    clock.now_us += HOUR_US
    append(log, "young")
    assert log.retain(TOPIC, {0: 3}, clock.now_us) == 2
    assert log.ranges(TOPIC)[0] == OffsetRange(2, 3)
    assert values(log, 2) == ["young"]


def test_retention_never_cuts_what_the_store_does_not_have(log: EmbeddedLog, clock: Clock) -> None:
    append(log, "stored")
    append(log, "not stored")
    append(log, "another partition", partition=1)
    clock.now_us += HOUR_US
    assert log.retain(TOPIC, {0: 1}, clock.now_us) == 1
    assert values(log, 1) == ["not stored"]
    assert values(log, partition=1) == ["another partition"]


def test_a_run_that_is_stored_in_part_stays_whole(log: EmbeddedLog, clock: Clock) -> None:
    append(log, "stored", "not stored")
    clock.now_us += HOUR_US
    assert log.retain(TOPIC, {0: 1}, clock.now_us) == 0
    assert values(log) == ["stored", "not stored"]


def test_a_seal_is_the_same_before_and_after_the_cut(log: EmbeddedLog, clock: Clock) -> None:
    for number in range(100):
        append(log, str(number))
    whole = log.seal(TOPIC, 0, 0, 100)
    clock.now_us += HOUR_US
    assert log.retain(TOPIC, {0: 70}, clock.now_us) == 70
    assert log.seal(TOPIC, 0, 0, 100) == whole
    assert log.retain(TOPIC, {0: 100}, clock.now_us) == 30
    assert log.seal(TOPIC, 0, 0, 100) == whole
    assert isinstance(log.seal(TOPIC, 0, 70, 100), Seal)


def test_a_seal_cannot_tell_of_a_part_of_a_cut(log: EmbeddedLog, clock: Clock) -> None:
    append(log, "a", "b", "c")
    clock.now_us += HOUR_US
    log.retain(TOPIC, {0: 3}, clock.now_us)
    assert log.seal(TOPIC, 0, 1, 3) is None
    assert log.seal(TOPIC, 0, 0, 2) is None


def test_offsets_go_on_after_everything_was_cut(
    log: EmbeddedLog, clock: Clock, open_again: Callable[[], EmbeddedLog]
) -> None:
    append(log, "a", "b")
    clock.now_us += HOUR_US
    log.retain(TOPIC, {0: 2}, clock.now_us)
    log.close()
    with open_again() as again:
        assert again.ranges(TOPIC)[0] == OffsetRange(2, 2)
        append(again, "c")
        assert values(again, 2) == ["c"]


def test_reading_what_was_cut_is_an_error_that_names_the_range(log: EmbeddedLog, clock: Clock) -> None:
    append(log, "a", "b")
    clock.now_us += HOUR_US
    log.retain(TOPIC, {0: 2}, clock.now_us)
    with pytest.raises(LogError, match=r"votes\[0\]@0 is not in .* \[2, 2\)"):
        log.read(TOPIC, 0, 0, 1)


def test_the_file_shrinks_after_a_large_cut(log: EmbeddedLog, clock: Clock, tmp_path: Path) -> None:
    log.append([NewRecord(TOPIC, 0, b"k", bytes(1000)) for _ in range(20_000)]).result()
    clock.now_us += HOUR_US
    assert log.retain(TOPIC, {0: 20_000}, clock.now_us) == 20_000
    log.close()
    assert (tmp_path / "log.sqlite").stat().st_size < 1_000_000


def test_the_log_keeps_no_more_for_a_topic_made_twice(log: EmbeddedLog) -> None:
    append(log, "kept")
    log.create_topic(TOPIC, 2)
    assert values(log) == ["kept"]


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "log.sqlite") as other:
        other.execute("create table photos (name text)")
    other.close()
    with pytest.raises(LogError, match="not a log of this service"):
        EmbeddedLog(tmp_path, LogSettings())


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.sqlite").write_bytes(b"holiday photos" * 1000)
    with pytest.raises(LogError, match="damaged or not a log") as refused:
        EmbeddedLog(tmp_path, LogSettings())
    assert refused.value.retry_after_seconds is None


def test_a_log_of_a_newer_release_is_refused(log: EmbeddedLog, tmp_path: Path) -> None:
    log.close()
    with sqlite3.connect(tmp_path / "log.sqlite") as newer:
        newer.execute("pragma user_version = 99")
    newer.close()
    with pytest.raises(LogError, match="format 99, this release reads format 1"):
        EmbeddedLog(tmp_path, LogSettings())


def test_a_folder_that_cannot_be_made_is_an_error_with_the_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LogError, match=f"cannot use the log {tmp_path}/file/log"):
        EmbeddedLog(tmp_path / "file" / "log", LogSettings())


def test_a_log_half_made_when_the_machine_stopped_is_made_whole(tmp_path: Path) -> None:
    (tmp_path / "log.sqlite").touch()
    with EmbeddedLog(tmp_path, LogSettings()) as log:
        log.create_topic(TOPIC, 1)
        assert log.log_id(TOPIC)


def test_records_whose_bytes_were_changed_on_disk_are_not_handed_out(
    log: EmbeddedLog, tmp_path: Path, open_again: Callable[[], EmbeddedLog]
) -> None:
    append(log, "a vote that counts")
    log.close()
    file = tmp_path / "log.sqlite"
    file.write_bytes(file.read_bytes().replace(b"a vote that counts", b"another vote counts"[:18]))
    with open_again() as damaged, pytest.raises(LogError, match="the log is damaged"):
        damaged.read(TOPIC, 0, 0, 1)


def test_nothing_is_acknowledged_into_a_file_that_was_removed(log: EmbeddedLog, tmp_path: Path) -> None:
    append(log, "kept")
    (tmp_path / "log.sqlite").unlink()
    with pytest.raises(LogError, match="was removed or replaced"):
        append(log, "lost")


def test_after_a_failed_append_the_log_goes_on(log: EmbeddedLog, tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    (tmp_path / "log.sqlite").rename(hidden)
    with pytest.raises(LogError):
        append(log, "lost")
    hidden.rename(tmp_path / "log.sqlite")
    append(log, "kept")
    assert values(log) == ["kept"]


def test_an_append_given_up_by_its_caller_is_not_written(log: EmbeddedLog) -> None:
    with log._file.exclusive():
        log.append([NewRecord(TOPIC, 0, b"k", b"first")])
        given_up = log.append([NewRecord(TOPIC, 0, b"k", b"given up")])
        was_cancelled = given_up.cancel()
    append(log, "last")
    assert was_cancelled
    assert values(log) == ["first", "last"]


def test_a_closed_log_takes_nothing_from_any_process_until_it_is_opened_again(
    log: EmbeddedLog, open_again: Callable[[], EmbeddedLog]
) -> None:
    append(log, "before")
    with open_again() as other:
        other.close_for("kafka://broker:9092")
    with pytest.raises(LogError, match="FEEDBACK_BROKER_URL=kafka://broker:9092"):
        append(log, "meanwhile")
    assert (log.moved_to, values(log)) == ("kafka://broker:9092", ["before"])
    log.open_again()
    append(log, "after")
    assert (log.moved_to, values(log)) == (None, ["before", "after"])
