"""Members of the consumer group: lag, rebalances, and a worker that comes back before it is missed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import confluent_kafka
import pytest
from prometheus_client import CollectorRegistry

from feedback_analytics.cli.lag import LagWatch
from feedback_analytics.cli.tally import Tally
from feedback_analytics.contract import ARTICLES_TOPIC, VOTES_TOPIC, partition_of
from feedback_analytics.processor import StepClock
from feedback_analytics.store import open_reader
from feedback_analytics.stream import run_worker
from feedback_analytics.telemetry import build_metrics
from tests.support.builders import SECRET, a_vote, record_of
from tests.support.house import PARTITIONS, House
from tests.support.kafka import remove_our_topics

pytestmark = pytest.mark.kafka


@pytest.fixture
def house(kafka: str, tmp_path: Path) -> Iterator[House]:
    remove_our_topics(kafka)
    with House(tmp_path, flags={"broker_url": f"kafka://{kafka}"}) as house:
        yield house


def test_the_lag_of_each_partition_is_what_the_log_holds_beyond_its_position(house: House) -> None:
    registry = CollectorRegistry()
    watch = LagWatch(house.log, lambda: dict(house.processor.positions), build_metrics(registry).worker_lag_records)

    def lag(topic: str, partition: int) -> float | None:
        watch.look()
        labels = {"topic": topic, "partition": str(partition)}
        return registry.get_sample_value("feedback_worker_lag_records", labels)

    for _ in range(3):
        house.append_to(1, record_of(a_vote())[1])
    assert [lag(VOTES_TOPIC, 0), lag(VOTES_TOPIC, 1), lag(ARTICLES_TOPIC, 0)] == [0, 3, 0]
    run_worker(house.settings, house.processor, house.log, until_caught_up=True)
    assert lag(VOTES_TOPIC, 1) == 0
    house.processor.release({(VOTES_TOPIC, 1)})
    assert lag(VOTES_TOPIC, 1) is None


def test_a_rebalance_is_counted_and_timed(house: House) -> None:
    registry = CollectorRegistry()
    tally = Tally(build_metrics(registry), StepClock())
    run_worker(house.settings, house.processor, house.log, until_caught_up=True, on_state=tally.add)
    assert registry.get_sample_value("feedback_rebalance_seconds_count") == 1
    assert registry.get_sample_value("feedback_rebalance_seconds_sum") > 0


def test_the_metrics_file_of_a_worker_tells_its_lag_and_its_rebalances(house: House, kafka: str) -> None:
    house.append([record_of(a_vote(reader=f"r{number}")) for number in range(20)])
    house.close()
    environ = {
        **os.environ,
        "FEEDBACK_BROKER_URL": f"kafka://{kafka}",
        "FEEDBACK_READER_SECRET": SECRET.decode(),
        "FEEDBACK_LOG_PARTITIONS": str(PARTITIONS),
    }
    command = [sys.executable, "-m", "feedback_analytics", "worker", "--data", str(house.folder)]
    process = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)
    file = house.folder / "metrics" / "worker-1.prom"
    places = [(topic, at) for topic in (ARTICLES_TOPIC, VOTES_TOPIC) for at in range(PARTITIONS)]
    lags = {f'feedback_worker_lag_records{{partition="{at}",topic="{topic}"}} 0.0' for topic, at in places}
    try:
        wait_until(lambda: file.exists() and lags <= set(file.read_text().splitlines()))
        assert "feedback_rebalance_seconds_count 1.0" in file.read_text()
    finally:
        process.terminate()
        assert process.wait(60) == 0


@pytest.mark.slow
def test_a_worker_that_is_killed_or_stopped_and_started_again_does_not_disturb_the_other_member(
    house: House, kafka: str
) -> None:
    """The other member holds one of the two partitions of votes, and stores nothing."""
    house.close()
    with Member(house.folder / "other", kafka) as other:
        with worker(house.folder, kafka) as first:
            wait_until(lambda: len(other.held) == 1)
            [mine] = {0, 1} - set(other.held)
            wait_until(lambda: is_stored(a_vote_for(mine, kafka), house))
            dealt_out = other.rebalances
            first.kill()
        with worker(house.folder, kafka) as second:
            wait_until(lambda: is_stored(a_vote_for(mine, kafka), house))
            assert other.rebalances == dealt_out, "after kill -9"
            second.terminate()
            assert second.wait(60) == 0
        with worker(house.folder, kafka):
            wait_until(lambda: is_stored(a_vote_for(mine, kafka), house))
            assert other.rebalances == dealt_out, "after a drained stop"


class Member:
    """tests.support.member in a process of its own, and what it told last."""

    def __init__(self, folder: Path, servers: str) -> None:
        environ = {**os.environ, "FEEDBACK_BROKER_URL": f"kafka://{servers}"}
        command = [sys.executable, "-m", "tests.support.member", str(folder), "the-other"]
        self._process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read)
        self.rebalances = 0
        self.held: list[int] = []

    def __enter__(self) -> Member:
        self._reader.start()
        wait_until(lambda: self.rebalances == 1)
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.terminate()
        self._reader.join()
        self._process.communicate()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.rebalances, *self.held = map(int, line.split())


@contextmanager
def worker(folder: Path, servers: str) -> Iterator[subprocess.Popen[bytes]]:
    environ = {**os.environ, "FEEDBACK_BROKER_URL": f"kafka://{servers}"}
    process = subprocess.Popen([sys.executable, "-m", "tests.support.worker", str(folder)], env=environ)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def a_vote_for(partition: int, servers: str) -> str:
    """Write a vote into the partition that is its reader's home; its id."""
    votes = (record_of(a_vote(reader=f"r{number}")) for number in range(99))
    key, value = next(record for record in votes if partition_of(record[0], PARTITIONS) == partition)
    producer = confluent_kafka.Producer({"bootstrap.servers": servers, "log_level": 0})
    producer.produce(VOTES_TOPIC, value, key, partition)
    assert producer.flush(30) == 0
    return str(json.loads(value)["id"])


def is_stored(event_id: str, house: House) -> bool:
    """Whether the store has the event within a second."""
    deadline = time.monotonic() + 1
    with open_reader(house.settings) as reader:
        while time.monotonic() < deadline:
            ((count,),) = reader.sql(f"select count(*) from mart.votes where event_id = '{event_id}'").fetchall()
            if count:
                return True
            time.sleep(0.05)
    return False


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to it in a minute"
        time.sleep(0.05)
