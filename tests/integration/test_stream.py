"""The stream on the embedded log: from the log through Faust into the store, each record once, whatever happens."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from feedback_analytics.contract import VOTES_TOPIC, partition_of
from feedback_analytics.errors import LogError
from feedback_analytics.log import NewRecord, open_log
from feedback_analytics.settings import read_settings
from feedback_analytics.store import open_reader, prove_ledger
from feedback_analytics.stream import WorkerState, run_worker, worker_lease
from tests.support.builders import a_vote, record_of
from tests.support.house import PARTITIONS, House
from tests.support.worker import noted_step


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as house:
        yield house


def votes(count: int, *, first: int = 0) -> list[tuple[bytes, bytes]]:
    return [record_of(a_vote("a1", reader=f"r{number}")) for number in range(first, first + count)]


def catch_up(house: House) -> WorkerState:
    return run_worker(house.settings, house.processor, house.log, until_caught_up=True)


def stored(house: House) -> int:
    with open_reader(house.settings) as reader:
        ((count,),) = reader.sql("select count(*) from mart.votes").fetchall()
        return int(count)


def assert_ledger_holds(house: House) -> None:
    with open_reader(house.settings) as reader:
        proof = prove_ledger(reader, house.log)
    assert proof.holds, proof.problems


def test_everything_in_the_log_reaches_the_store_once(house: House) -> None:
    house.append(votes(500))
    state = catch_up(house)
    assert (state.received, state.problem, state.stopped) == (500, "", {})
    assert stored(house) == 500
    assert_ledger_holds(house)


def test_a_worker_that_has_caught_up_ends_at_once_and_changes_nothing(house: House) -> None:
    house.append(votes(10))
    catch_up(house)
    state = catch_up(house)
    assert (state.received, state.transactions) == (0, 0)
    assert stored(house) == 10


def test_a_restarted_worker_goes_on_where_the_store_is(house: House) -> None:
    house.append(votes(300))
    catch_up(house)
    house.reopen()
    house.append(votes(200, first=300))
    assert catch_up(house).received == 200
    assert stored(house) == 500
    assert_ledger_holds(house)


def test_a_vote_keeps_the_time_at_which_the_log_took_it(house: House) -> None:
    house.append(votes(3))
    catch_up(house)
    logged = [
        record.appended_at_us
        for partition in range(PARTITIONS)
        for record in house.log.read(VOTES_TOPIC, partition, 0, 9)
    ]
    with open_reader(house.settings) as reader:
        rows = reader.sql("select epoch_us(received_at) from mart.votes order by received_at").fetchall()
    assert [received for (received,) in rows] == sorted(logged)


def test_a_transaction_takes_no_more_records_than_the_setting_allows(tmp_path: Path) -> None:
    with House(tmp_path, flags={"worker.max_batch_records": 100}) as house:
        house.append(votes(950))
        sizes: list[int] = []

        def note(state: WorkerState) -> None:
            if state.last is not None:
                sizes.append(state.last.received)

        state = run_worker(house.settings, house.processor, house.log, until_caught_up=True, on_state=note)
        assert state.received == 950
        assert max(sizes) <= 100
        assert stored(house) == 950


def test_a_record_at_the_wrong_partition_is_moved_home_and_stored_before_the_worker_has_caught_up(house: House) -> None:
    key, value = record_of(a_vote("a1", reader="lost"))
    house.append_to(1 - partition_of(key, PARTITIONS), value, key=key)
    state = catch_up(house)
    assert state.moved == 1
    assert stored(house) == 1
    assert_ledger_holds(house)


def test_records_that_do_not_join_the_position_are_dropped_and_fetched_again(house: House) -> None:
    """Whoever moved the position: the store says where to go on."""
    place = (VOTES_TOPIC, 0)
    house.append(votes(400))
    catch_up(house)
    house.append(votes(50, first=400))
    claims = 0

    def move_position_after_first_claim(state: WorkerState) -> None:
        nonlocal claims
        claims += state.last is None
        if claims == 1:
            house.processor.positions[place] -= 7

    state = run_worker(
        house.settings, house.processor, house.log, until_caught_up=True, on_state=move_position_after_first_claim
    )
    assert (state.fenced, state.problem) == (1, "")
    assert stored(house) == 450
    assert_ledger_holds(house)


def test_a_partition_whose_records_were_cut_unread_stands_still_and_the_others_go_on(house: House) -> None:
    house.append(votes(40))
    ends = {partition: held.next for partition, held in house.log.ranges(VOTES_TOPIC).items()}
    house.log.retain(VOTES_TOPIC, {0: ends[0]}, int(time.time() * 1e6) + 1)
    state = catch_up(house)
    assert list(state.stopped) == [(VOTES_TOPIC, 0)]
    assert "accept-loss" in state.stopped[(VOTES_TOPIC, 0)]
    assert stored(house) == ends[1]


def test_several_writers_append_while_the_worker_works(tmp_path: Path) -> None:
    with House(tmp_path):
        pass  # makes log and store
    worker = subprocess.Popen([sys.executable, "-m", "tests.support.worker", str(tmp_path)])
    settings = read_settings({"data_dir": str(tmp_path)})

    def append(writer: int) -> None:
        with open_log(settings) as log:
            for number in range(60):
                key, value = record_of(a_vote("a1", reader=f"{writer}.{number}"))
                log.append([NewRecord(VOTES_TOPIC, number % PARTITIONS, key, value)]).result()

    threads = [threading.Thread(target=append, args=(writer,)) for writer in range(4)]
    try:
        for thread in threads:
            thread.start()
        wait_for_step(tmp_path, "transaction")
        for thread in threads:
            thread.join()
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(60)
    assert worker.returncode == 0
    with House(tmp_path) as house:
        catch_up(house)
        assert stored(house) == 240
        assert_ledger_holds(house)


def wait_for_step(folder: Path, step: str) -> None:
    """Until the worker of tests.support.worker is in the step."""
    deadline = time.monotonic() + 60
    while noted_step(folder) != step:
        assert time.monotonic() < deadline, f"the worker is in {noted_step(folder)!r}, not in {step!r}"
        time.sleep(0.001)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_told_to_stop_ends_well_and_leaves_nothing_half_done(tmp_path: Path, number: signal.Signals) -> None:
    with House(tmp_path) as house:
        house.append(votes(2000))
    worker = subprocess.Popen([sys.executable, "-m", "tests.support.worker", str(tmp_path)])
    try:
        wait_for_step(tmp_path, "transaction")
    finally:
        worker.send_signal(number)
        worker.wait(60)
    assert worker.returncode == 0
    with House(tmp_path) as house:
        catch_up(house)
        assert stored(house) == 2000
        assert_ledger_holds(house)


def test_a_second_worker_is_refused_while_the_first_holds_the_log(tmp_path: Path) -> None:
    with worker_lease(tmp_path, wait=False):
        sentence = r"another worker \(process \d+\) reads the log"
        with pytest.raises(LogError, match=sentence) as refused, worker_lease(tmp_path, wait=False):
            pass
        assert refused.value.retry_after_seconds is None
    with worker_lease(tmp_path, wait=False):
        pass


def test_a_second_worker_that_may_wait_says_so_and_begins_when_the_first_has_ended(tmp_path: Path) -> None:
    told: list[str] = []
    has_told, has_begun = threading.Event(), threading.Event()

    def on_wait(sentence: str) -> None:
        told.append(sentence)
        has_told.set()

    def second() -> None:
        with worker_lease(tmp_path, wait=True, on_wait=on_wait):
            has_begun.set()

    thread = threading.Thread(target=second)
    with worker_lease(tmp_path, wait=False):
        thread.start()
        assert has_told.wait(10)
        assert not has_begun.is_set()
    assert has_begun.wait(10)
    thread.join()
    assert len(told) == 1 and "waiting for it to end" in told[0]
