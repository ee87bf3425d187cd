"""Several workers on Kafka and PostgreSQL under load, while everything around them moves, stands still, dies or is cut.

What the log has acknowledged is kept outside the system, by id: in the end each is in the store once, the ledger holds,
and no partition stood still for long after its cause was gone. The short form runs with all tests, the full one by
`make test-scale`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from feedback_analytics.contract import ARTICLES_TOPIC, VOTES_TOPIC, partition_of
from feedback_analytics.errors import FeedbackError
from feedback_analytics.log import EventLog, NewRecord, open_log
from feedback_analytics.settings import read_settings
from feedback_analytics.store import open_reader, prove_ledger
from feedback_analytics.stream.app import SESSION_SECONDS
from tests.support.builders import a_vote, record_of
from tests.support.commands import wait_until
from tests.support.kafka import Broker, running_broker
from tests.support.postgres import Cluster, running_cluster
from tests.support.scale import FULL

pytestmark = pytest.mark.kafka

PARTITIONS = 4
SECRET = "a secret of thirty-two characters"
STANDSTILL_SECONDS = 30
"""Longest time until each partition moves again, after the cause is gone."""

ROUNDS = 8
"""Of the full form: about five minutes."""

MOST_RESTARTS = 12 if FULL else 4
"""A connection that is cut at a bad moment leaves a DuckDB behind that aborts its process, or must be opened anew."""

PAUSE_SECONDS = 0.1
EVENTS_A_PAUSE = 40


@dataclass
class Load:
    """Votes, changes of mind and repetitions, appended without a pause; and the ids of what the log acknowledged."""

    log: EventLog
    acknowledged: set[tuple[str, str]] = field(default_factory=set)
    random: random.Random = field(default_factory=lambda: random.Random(7))

    def __post_init__(self) -> None:
        self._stopping = threading.Event()
        self._sent: list[tuple[bytes, bytes]] = []
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(PAUSE_SECONDS):
            self._append([self._event() for _ in range(EVENTS_A_PAUSE)])

    def _event(self) -> tuple[bytes, bytes]:
        draw = self.random
        if self._sent and draw.random() < 0.1:
            return draw.choice(self._sent)
        vote = a_vote(f"a{draw.randrange(20)}", reader=f"r{draw.randrange(5000)}", useful=draw.random() < 0.7)
        return record_of(vote)

    def _append(self, events: list[tuple[bytes, bytes]]) -> None:
        """As a client does: the same bytes again until the log has them."""
        records = [NewRecord(VOTES_TOPIC, partition_of(key, PARTITIONS), key, value) for key, value in events]
        while not self._stopping.is_set():
            try:
                self.log.append(records).result()
            except FeedbackError:
                time.sleep(0.5)
                continue
            self._sent = [*self._sent, *events][-2000:]
            for _, value in events:
                event = json.loads(value)
                self.acknowledged.add((event["source"], event["id"]))
            return


class Fleet:
    """Worker processes by name, as on machines of their own; they share Kafka, PostgreSQL and the folder of data."""

    def __init__(self, folder: Path, broker: str, store_url: str) -> None:
        self.folder = folder
        self._environ = {
            **os.environ,
            "FEEDBACK_BROKER_URL": broker,
            "FEEDBACK_STORE_URL": store_url,
            "FEEDBACK_READER_SECRET": SECRET,
            "FEEDBACK_LOG_PARTITIONS": str(PARTITIONS),
            "FEEDBACK_STORE_MAINTENANCE_SECONDS": "2",
        }
        self.settings = read_settings({"data_dir": str(folder / "driver"), "store_url": store_url})
        self._workers: dict[str, subprocess.Popen[bytes]] = {}
        self._changing = threading.Lock()
        self._closing = threading.Event()
        self.restarts: list[str] = []
        self._supervisor = threading.Thread(target=self._supervise)
        self._supervisor.start()

    def _supervise(self) -> None:
        """Start those again that died by themselves, as whatever runs them on a machine does."""
        while not self._closing.wait(0.5):
            with self._changing:
                for name, worker in self._workers.items():
                    if worker.poll() is not None:
                        self.restarts.append(f"{name} ended with {worker.returncode}: {self.told(name)[-400:]}")
                        self._workers[name] = self._run(name)

    def start(self, *names: str) -> None:
        with self._changing:
            self._workers.update({name: self._run(name) for name in names})

    def _run(self, name: str) -> subprocess.Popen[bytes]:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        with (folder / "told.log").open("ab") as told:
            command = [sys.executable, "-m", "feedback_analytics", "worker", "--data", str(folder)]
            environ = {**self._environ, "FEEDBACK_WORKER_NAME": name}
            return subprocess.Popen(command, env=environ, stdout=told, stderr=told)

    def give(self, name: str, number: signal.Signals) -> None:
        self._workers[name].send_signal(number)

    def end(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        """End a worker, and wait until it has."""
        with self._changing:
            worker = self._workers.pop(name)
        worker.send_signal(number)
        worker.wait(60)

    def close(self) -> None:
        self._closing.set()
        self._supervisor.join()
        for worker in self._workers.values():
            worker.kill()
            worker.wait()

    def told(self, name: str) -> str:
        return (self.folder / name / "told.log").read_text(errors="replace")

    def owners(self) -> dict[int, str | None]:
        """Who owns each partition of the votes."""
        with open_reader(self.settings) as reader:
            return {one.partition: one.worker for one in reader.positions() if one.topic == VOTES_TOPIC}

    def offsets(self) -> dict[int, int]:
        try:
            with open_reader(self.settings) as reader:
                return {one.partition: one.next_offset for one in reader.positions() if one.topic == VOTES_TOPIC}
        except FeedbackError:
            return {}

    def wait_until_all_move(self, cause: str) -> None:
        """Each partition has moved since now, within the promised time."""
        begun, before = time.monotonic(), self.offsets()
        while True:
            now = self.offsets()
            moved = {partition for partition, offset in now.items() if offset > before.get(partition, 0)}
            if len(moved) == PARTITIONS:
                print(f"{cause}: all partitions moved after {time.monotonic() - begun:.1f} s")
                return
            still = sorted(set(range(PARTITIONS)) - moved)
            assert time.monotonic() < begun + STANDSTILL_SECONDS, f"{cause}: {still} stand still; {self.restarts}"
            time.sleep(0.2)


@dataclass
class Scene:
    """Everything that the tests move."""

    broker: Broker
    cluster: Cluster
    database: str
    fleet: Fleet
    load: Load


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with ExitStack() as stack:
        broker = stack.enter_context(running_broker())
        cluster = stack.enter_context(running_cluster())
        database = cluster.fresh_database()
        url = f"kafka://{broker.servers}"
        fleet = Fleet(tmp_path, url, cluster.url(database, tmp_path / "shared"))
        stack.callback(fleet.close)
        log = stack.enter_context(open_log(read_settings({"data_dir": str(tmp_path / "driver"), "broker_url": url})))
        for topic in (VOTES_TOPIC, ARTICLES_TOPIC):
            log.create_topic(topic, PARTITIONS)
        yield Scene(broker, cluster, database, fleet, Load(log))


@contextmanager
def everything_arrives_once(scene: Scene) -> Iterator[None]:
    """Under load while the block moves things; then the load ends and all of it must be there."""
    with scene.load:
        scene.fleet.wait_until_all_move("the start")
        yield
    ends = {partition: held.next for partition, held in scene.load.log.ranges(VOTES_TOPIC).items()}
    wait_until(lambda: scene.fleet.offsets() == ends, "the workers never came to the end of the log")
    print("restarts:", *scene.fleet.restarts, sep="\n")
    with open_reader(scene.fleet.settings) as reader:
        rows = reader.sql("select source, event_id, count(*) from mart.votes group by all").fetchall()
        stored = {(source, event_id): count for source, event_id, count in rows}
        assert stored == dict.fromkeys(scene.load.acknowledged, 1)
        proof = prove_ledger(reader, scene.load.log)
        assert proof.holds, proof.problems
        standing = reader.sql("select count(*) from mart.votes where is_standing").fetchall()
        assert standing == reader.sql("select sum(votes_delta) from raw.votes").fetchall()
    print(f"{len(stored):,} events, each once")
    assert len(scene.fleet.restarts) <= MOST_RESTARTS


@pytest.mark.slow
@pytest.mark.timeout(1800 if FULL else 300)
def test_workers_come_go_stand_still_and_are_killed_under_load(scene: Scene) -> None:
    fleet = scene.fleet
    fleet.start("w1")
    with everything_arrives_once(scene):
        fleet.start("w2", "w3", "w4", "w5")  # more workers than partitions
        wait_until(lambda: len(set(fleet.owners().values())) >= PARTITIONS, "each of four workers owns a partition")
        fleet.wait_until_all_move("five workers")
        if not FULL:
            # All at once: what they held goes to the two that are left.
            fleet.end("w5")
            fleet.end("w2", signal.SIGKILL)
            with _standing_still(fleet, "w1"):
                fleet.wait_until_all_move("one ended, one was killed, one stands still")
            fleet.start("w2")
            fleet.wait_until_all_move("one woke, one is back")
        for _ in range(ROUNDS if FULL else 0):
            fleet.end("w5")
            fleet.end("w4")
            fleet.wait_until_all_move("three workers")
            with _standing_still(fleet, "w1"):
                fleet.wait_until_all_move("one stands still")
            fleet.wait_until_all_move("it woke")
            fleet.end("w2", signal.SIGKILL)
            fleet.wait_until_all_move("one was killed")
            fleet.start("w2", "w4", "w5")
            fleet.wait_until_all_move("five workers again")


@pytest.mark.slow
@pytest.mark.timeout(1800 if FULL else 300)
def test_kafka_and_postgresql_go_away_and_come_back_under_load(scene: Scene) -> None:
    fleet, cluster = scene.fleet, scene.cluster
    fleet.start("w1", "w2")
    with everything_arrives_once(scene):
        wait_until(lambda: set(fleet.owners().values()) == {"w1", "w2"}, "both workers own partitions")
        for _ in range(10 if FULL else 2):
            cluster.cut(scene.database)
            time.sleep(1)
        fleet.wait_until_all_move("connections were cut")
        cluster.stop()
        time.sleep(120 if FULL else 3)
        cluster.start()
        fleet.wait_until_all_move("PostgreSQL was away")
        scene.broker.stop()
        time.sleep(120 if FULL else 3)
        scene.broker.start()
        fleet.wait_until_all_move("Kafka was away")


@contextmanager
def _standing_still(fleet: Fleet, name: str) -> Iterator[None]:
    """Stop an owner for longer than its session, until others have taken over from it and the block is done."""
    fleet.give(name, signal.SIGSTOP)
    try:
        wait_until(lambda: name not in fleet.owners().values(), f"nobody took over from {name}", 3 * SESSION_SECONDS)
        yield
    finally:
        fleet.give(name, signal.SIGCONT)
