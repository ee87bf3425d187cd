"""The stream on a real Kafka: the same as on the embedded log, whatever is killed, cut, aborted or rebalanced."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import confluent_kafka
import pytest
from confluent_kafka.admin import AdminClient

from feedback_analytics.contract import VOTES_TOPIC, partition_of
from feedback_analytics.processor import Step
from feedback_analytics.store import open_reader, prove_ledger
from feedback_analytics.stream import WorkerState, run_worker
from feedback_analytics.stream.app import SESSION_SECONDS
from tests.support.builders import a_vote, record_of
from tests.support.house import PARTITIONS, House
from tests.support.kafka import remove_our_topics
from tests.support.worker import MAINTENANCE, noted_step

pytestmark = pytest.mark.kafka

EVENTS_A_ROUND = 600
KILLED_IN = (Step.FETCH, Step.PREPARE, Step.TRANSACTION, Step.BETWEEN, MAINTENANCE)
MET_BY_CHANCE = {Step.TRANSACTION, MAINTENANCE}
"""Steps that take long enough to be met in the midst of them."""


@pytest.fixture
def broker(kafka: str) -> str:
    """A Kafka that has never seen this service."""
    remove_our_topics(kafka)
    return kafka


@pytest.fixture
def house(broker: str, tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path, broker) as house:
        yield house


def open_house(folder: Path, broker: str) -> House:
    return House(folder, flags={"broker_url": f"kafka://{broker}"})


def votes(count: int, *, first: int = 0) -> list[tuple[bytes, bytes]]:
    """New readers, and every fifth a reader who thinks again."""
    return [
        record_of(
            a_vote(f"a{number % 7}", reader=f"r{number - number % 5}", useful=number % 3 > 0, event_id=f"e{number}")
        )
        for number in range(first, first + count)
    ]


def catch_up(house: House) -> WorkerState:
    return run_worker(house.settings, house.processor, house.log, until_caught_up=True)


def standing(house: House) -> list[tuple[object, ...]]:
    """Who says what of which article, as the store has it."""
    with open_reader(house.settings) as reader:
        return reader.sql("select reader_key, article_id, vote from mart.current_votes order by all").fetchall()


def stored(house: House) -> int:
    with open_reader(house.settings) as reader:
        ((count,),) = reader.sql("select count(*) from mart.votes").fetchall()
        return int(count)


def assert_ledger_holds(house: House) -> None:
    with open_reader(house.settings) as reader:
        proof = prove_ledger(reader, house.log)
    assert proof.holds, proof.problems


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_worker_killed_in_each_step_resumes_in_seconds_and_gives_what_the_embedded_log_gives(
    broker: str, tmp_path: Path
) -> None:
    """Five rounds; what the log acknowledged is kept outside, by id, and is in the store once each in the end."""
    data, acknowledged, sent = tmp_path / "kafka", Counter[tuple[str, str]](), list[tuple[bytes, bytes]]()
    hits = []
    for turn, step in enumerate(KILLED_IN):
        events = votes(EVENTS_A_ROUND, first=turn * EVENTS_A_ROUND)
        events += sent[:50]  # an emitter that heard no answer sends again
        with open_house(data, broker) as house:
            house.append(events)
        sent += events
        acknowledged.update(dict.fromkeys(map(identity, events), 1))
        hits.append(kill_worker_in(step, data, broker))
    print("killed in:", ", ".join(hits))
    assert hits == list(KILLED_IN)
    with open_house(data, broker) as house:
        resumed_seconds = seconds_until_claimed(house)
        print(f"resumed in {resumed_seconds:.1f} s")
        assert resumed_seconds < SESSION_SECONDS - 3, "the dead member kept its partitions until its session ran out"
        assert stored_ids(house) == dict.fromkeys(acknowledged, 1)
        assert_ledger_holds(house)
        on_kafka = standing(house)
    with House(tmp_path / "embedded") as house:
        house.append(sent)
        catch_up(house)
        assert stored_ids(house) == dict.fromkeys(acknowledged, 1)
        assert on_kafka == standing(house)


def kill_worker_in(step: str, data: Path, broker: str) -> str:
    """kill -9 of a worker in a step; the step it was in when it died.

    It stands still in steps too short to be met. In the others it is stopped first, to see that it is still in them.
    """
    (data / "step").unlink(missing_ok=True)
    environ = {
        **os.environ, "FEEDBACK_BROKER_URL": f"kafka://{broker}", "FEEDBACK_WORKER_MAX_BATCH_RECORDS": "50",
    }  # fmt: skip
    hold = [step] if step not in MET_BY_CHANCE else []
    worker = subprocess.Popen([sys.executable, "-m", "tests.support.worker", str(data), *hold], env=environ)

    def is_in_step() -> bool:
        assert worker.poll() is None, f"the worker ended with {worker.returncode} before it was killed"
        if noted_step(data) != step:
            return False
        worker.send_signal(signal.SIGSTOP)
        if noted_step(data) == step:
            return True
        worker.send_signal(signal.SIGCONT)
        return False

    try:
        wait_until(is_in_step)
    finally:
        worker.kill()
        worker.wait()
    return noted_step(data)


def seconds_until_claimed(house: House) -> float:
    """Catch up; how long it took until the worker had its partitions."""
    started, claimed = time.monotonic(), list[float]()
    run_worker(
        house.settings,
        house.processor,
        house.log,
        until_caught_up=True,
        on_state=lambda state: claimed.append(time.monotonic()),
    )
    return claimed[0] - started


def identity(event: tuple[bytes, bytes]) -> tuple[str, str]:
    told = json.loads(event[1])
    return told["source"], told["id"]


def stored_ids(house: House) -> dict[tuple[str, str], int]:
    """How often the store has each event."""
    with open_reader(house.settings) as reader:
        rows = reader.sql("select source, event_id, count(*) from mart.votes group by all").fetchall()
    return {(source, event_id): count for source, event_id, count in rows}


def test_votes_of_an_aborted_transaction_were_never_cast(house: House, broker: str) -> None:
    """Markers and aborted records use up offsets; the batches cover them, and the ledger counts without them."""
    emitter = transactional_emitter(broker)
    for first in range(0, 30, 5):
        emit(emitter, votes(5, first=first), commit=first % 10 == 0)
    house.append(votes(10, first=30))
    catch_up(house)
    assert stored(house) == 25
    assert_ledger_holds(house)


def test_a_log_that_ends_in_markers_is_caught_up_with_once(house: House, broker: str) -> None:
    """No record comes behind them that would cover them: an empty batch does, and the position reaches the end."""
    emitter = transactional_emitter(broker)
    emit(emitter, votes(10), commit=True)
    assert catch_up(house).received == 10
    emit(emitter, votes(10, first=10), commit=False)
    assert catch_up(house).received == 0
    ends = {partition: held.next for partition, held in house.log.ranges(VOTES_TOPIC).items()}
    assert {at: house.processor.positions[(VOTES_TOPIC, at)] for at in ends} == ends
    assert catch_up(house).transactions == 0
    assert stored(house) == 10
    assert_ledger_holds(house)


def test_a_topic_that_was_made_again_stands_still_until_an_operator_decides(house: House, broker: str) -> None:
    house.append(votes(20))
    catch_up(house)
    remove_our_topics(broker)
    house.reopen()
    state = catch_up(house)
    assert {place for place in state.stopped if place[0] == VOTES_TOPIC} == {(VOTES_TOPIC, 0), (VOTES_TOPIC, 1)}
    assert stored(house) == 20


def test_records_that_kafka_cut_before_they_were_read_are_told_and_not_passed_over(house: House, broker: str) -> None:
    house.append(votes(20))
    catch_up(house)
    house.append(votes(200, first=20))
    end = house.log.ranges(VOTES_TOPIC)[0].next
    cut = confluent_kafka.TopicPartition(VOTES_TOPIC, 0, end - 1)
    admin = AdminClient({"bootstrap.servers": broker, "log_level": 0})  # must outlive what it is asked for
    for future in admin.delete_records([cut]).values():
        future.result(30)
    state = catch_up(house)
    assert list(state.stopped) == [(VOTES_TOPIC, 0)]
    assert "accept-loss" in state.stopped[(VOTES_TOPIC, 0)]


def transactional_emitter(broker: str) -> confluent_kafka.Producer:
    emitter = confluent_kafka.Producer({"bootstrap.servers": broker, "transactional.id": "emitter", "log_level": 0})
    emitter.init_transactions()
    return emitter


def emit(emitter: confluent_kafka.Producer, events: list[tuple[bytes, bytes]], *, commit: bool) -> None:
    """The events in one transaction, which is committed or aborted."""
    emitter.begin_transaction()
    for key, value in events:
        emitter.produce(VOTES_TOPIC, value, key, partition_of(key, PARTITIONS))
    emitter.flush()
    emitter.commit_transaction() if commit else emitter.abort_transaction()


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to it in two minutes"
        time.sleep(0.001)
