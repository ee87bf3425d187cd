"""The law of the EventLog, written once, kept by both carriers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
import xxhash

from feedback_analytics.errors import LogError, RecordTooLarge
from feedback_analytics.log import MAX_RECORD_BYTES, EventLog, NewRecord, OffsetRange, Place, open_log
from feedback_analytics.settings import Settings, read_settings
from tests.support.kafka import fresh_topic

PARTITIONS = 3
Open = Callable[[], EventLog]


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "kafka":
        return read_settings({"broker_url": f"kafka://{request.getfixturevalue('kafka')}"})
    return read_settings({"data_dir": str(tmp_path)})


@pytest.fixture
def log(settings: Settings) -> Iterator[EventLog]:
    with open_log(settings) as log:
        yield log


@pytest.fixture
def topic(log: EventLog) -> str:
    name = fresh_topic()
    log.create_topic(name, PARTITIONS)
    return name


def a_record(topic: str, value: str, partition: int = 0) -> NewRecord:
    return NewRecord(topic, partition, b"key", value.encode())


def values(log: EventLog, topic: str, partition: int = 0, offset: int = 0, most: int = 1000) -> list[str]:
    return [record.value.decode() for record in log.read(topic, partition, offset, most)]


def test_what_was_appended_is_read_back_in_order_with_key_and_headers(log: EventLog, topic: str) -> None:
    headers = (("moved_from", b"2"), ("replay_of", b"01J"))
    places = log.append([NewRecord(topic, 1, b"k", b"v", headers), a_record(topic, "w", 1)]).result()
    assert places == [Place(topic, 1, 0), Place(topic, 1, 1)]
    first, second = log.read(topic, 1, 0, 10)
    assert (first.offset, first.key, first.value, first.headers) == (0, b"k", b"v", headers)
    assert (second.offset, second.value, second.headers) == (1, b"w", ())


def test_places_come_in_the_order_of_the_records(log: EventLog, topic: str) -> None:
    places = log.append([a_record(topic, str(number), number % PARTITIONS) for number in range(7)]).result()
    assert [(place.partition, place.offset) for place in places] == [
        (n % PARTITIONS, n // PARTITIONS) for n in range(7)
    ]


def test_appending_nothing_gives_no_places(log: EventLog) -> None:
    assert log.append([]).result(10) == []


def test_a_log_opened_anew_holds_what_was_acknowledged(settings: Settings, log: EventLog, topic: str) -> None:
    log.append([a_record(topic, "kept")]).result()
    log.close()
    with open_log(settings) as again:
        assert values(again, topic) == ["kept"]
        assert again.append([a_record(topic, "next")]).result() == [Place(topic, 0, 1)]


def test_another_opening_sees_new_records_at_once(settings: Settings, log: EventLog, topic: str) -> None:
    with open_log(settings) as other:
        other.append([a_record(topic, "from the other one")]).result()
    assert values(log, topic) == ["from the other one"]


def test_reading_begins_at_the_offset_and_stops_at_the_end(log: EventLog, topic: str) -> None:
    log.append([a_record(topic, str(number)) for number in range(10)]).result()
    assert values(log, topic, offset=7) == ["7", "8", "9"]
    assert values(log, topic, offset=3, most=2) == ["3", "4"]
    assert values(log, topic, offset=10) == []


@pytest.mark.parametrize("offset", [-1, 11])
def test_an_offset_outside_the_log_is_an_error_that_names_the_range(log: EventLog, topic: str, offset: int) -> None:
    log.append([a_record(topic, str(number)) for number in range(10)]).result()
    with pytest.raises(LogError, match=r"\[0, 10\)"):
        log.read(topic, 0, offset, 1)


def test_ranges_tell_what_each_partition_holds(log: EventLog, topic: str) -> None:
    log.append([a_record(topic, str(number), 1) for number in range(4)]).result()
    assert log.ranges(topic) == {0: OffsetRange(0, 0), 1: OffsetRange(0, 4), 2: OffsetRange(0, 0)}


def test_the_append_time_is_now_and_never_goes_back(log: EventLog, topic: str) -> None:
    before = time.time() - 1
    for number in range(5):
        log.append([a_record(topic, str(number))]).result()
    times = [record.appended_at_us / 1e6 for record in log.read(topic, 0, 0, 10)]
    assert times == sorted(times)
    assert before < times[0] and times[-1] < time.time() + 1


def test_a_topic_may_be_made_again_with_the_same_partitions(log: EventLog, topic: str) -> None:
    log.create_topic(topic, PARTITIONS)
    assert log.partitions(topic) == PARTITIONS
    assert topic in log.topics()


def test_a_topic_keeps_its_number_of_partitions_for_life(log: EventLog, topic: str) -> None:
    with pytest.raises(LogError, match="set log.partitions to 3"):
        log.create_topic(topic, PARTITIONS + 1)


@pytest.mark.parametrize("partition", [-1, PARTITIONS])
def test_a_partition_that_is_not_there_takes_nothing(log: EventLog, topic: str, partition: int) -> None:
    with pytest.raises(LogError, match=f"has no partition {partition}"):
        log.append([a_record(topic, "lost", partition)])


def test_a_topic_that_is_not_there_takes_nothing(log: EventLog) -> None:
    with pytest.raises(LogError, match="there is no topic nowhere"):
        log.append([a_record("nowhere", "lost")])


def test_a_record_too_large_is_refused_and_the_log_goes_on(log: EventLog, topic: str) -> None:
    with pytest.raises(RecordTooLarge, match=str(MAX_RECORD_BYTES)) as refused:
        log.append([a_record(topic, "x" * MAX_RECORD_BYTES)])
    assert refused.value.retry_after_seconds is None
    largest = a_record(topic, "y" * (MAX_RECORD_BYTES - len(b"key")))
    log.append([largest]).result()
    assert log.read(topic, 0, 0, 1)[0].value == largest.value


def test_a_log_keeps_its_identity(settings: Settings, log: EventLog, topic: str) -> None:
    with open_log(settings) as other:
        assert other.log_id(topic) == log.log_id(topic) != ""


def test_a_seal_stands_for_the_records_of_a_range(log: EventLog, topic: str) -> None:
    log.append([a_record(topic, str(number)) for number in range(6)]).result()
    expected = 0
    for offset in (2, 3, 4):
        expected ^= xxhash.xxh3_64_intdigest(str(offset).encode(), seed=offset)
    seal = log.seal(topic, 0, 2, 5)
    assert seal is not None and (seal.count, seal.xor) == (3, expected)


def test_a_seal_of_nothing_is_empty_and_of_what_is_not_there_unknown(log: EventLog, topic: str) -> None:
    empty = log.seal(topic, 0, 0, 0)
    assert empty is not None and (empty.count, empty.xor) == (0, 0)
    assert log.seal(topic, 0, 0, 1) is None


def test_many_threads_append_at_once_and_each_record_has_a_place_of_its_own(log: EventLog, topic: str) -> None:
    places: list[Place] = []

    def append(writer: int) -> None:
        for number in range(20):
            places.extend(log.append([a_record(topic, f"{writer}.{number}.{part}") for part in range(5)]).result())

    threads = [threading.Thread(target=append, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(place.offset for place in places) == list(range(800))
    found = values(log, topic)
    for writer in range(8):
        own = [value for value in found if value.startswith(f"{writer}.")]
        assert own == [f"{writer}.{number}.{part}" for number in range(20) for part in range(5)]


def test_closing_keeps_the_promise_of_what_still_waits(settings: Settings, log: EventLog, topic: str) -> None:
    waiting = [log.append([a_record(topic, str(number))]) for number in range(50)]
    log.close()
    assert [future.result(1)[0].offset for future in waiting] == list(range(50))


def test_a_closed_log_takes_nothing(log: EventLog, topic: str) -> None:
    log.close()
    with pytest.raises(LogError, match="closed"):
        log.append([a_record(topic, "lost")])


def test_more_than_may_wait_is_refused_with_a_time_to_come_back(settings: Settings, topic: str) -> None:
    narrow = msgspec.structs.replace(settings, log=msgspec.structs.replace(settings.log, max_waiting_bytes=1000))
    with open_log(narrow) as log:
        accepted = []
        with pytest.raises(LogError, match="Send again later") as refused:
            for _ in range(10_000):
                accepted.append(log.append([a_record(topic, "x" * 400)]))
        assert refused.value.retry_after_seconds
        for future in accepted:
            future.result()
        log.append([a_record(topic, "there is room again")]).result()
