"""kill -9 of the worker in each of its steps: nothing is lost, nothing is doubled, and the ledger holds."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from feedback_analytics.contract import VOTES_TOPIC, partition_of
from feedback_analytics.log import NewRecord, open_log
from feedback_analytics.processor import Step
from feedback_analytics.settings import read_settings
from feedback_analytics.store import open_reader, prove_ledger
from feedback_analytics.stream import run_worker
from tests.support.builders import a_vote, record_of
from tests.support.house import PARTITIONS, House
from tests.support.scale import FULL
from tests.support.worker import MAINTENANCE, noted_step

ROUNDS = 30 if FULL else 12
AIMS = (Step.FETCH, Step.TRANSACTION, Step.BETWEEN, MAINTENANCE)
HELD = {Step.BETWEEN, Step.FETCH}
"""Steps too short to hit by chance: the worker stands still in them."""

EVENTS_A_ROUND = 600
AT_LEAST = 2
"""Kills that must have hit each step."""


class Driver:
    """Appends votes and keeps, outside the system, the ids of what the log has acknowledged."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._settings = read_settings({"data_dir": str(folder)})
        self._random = random.Random(seed)
        self._sent: list[tuple[bytes, bytes]] = []
        self.acknowledged: dict[tuple[str, str], int] = {}

    def append(self, count: int) -> None:
        """New votes, changes of mind, and one in ten sent again with the same bytes."""
        events = [self._again() if self._sent and number % 10 == 0 else self._new() for number in range(count)]
        records = [NewRecord(VOTES_TOPIC, partition_of(key, PARTITIONS), key, value) for key, value in events]
        with open_log(self._settings) as log:
            log.append(records).result()
        self._sent += events
        for _, value in events:
            event = json.loads(value)
            self.acknowledged[(event["source"], event["id"])] = 1

    def _again(self) -> tuple[bytes, bytes]:
        return self._random.choice(self._sent)

    def _new(self) -> tuple[bytes, bytes]:
        draw = self._random
        return record_of(a_vote(f"a{draw.randrange(20)}", reader=f"r{draw.randrange(400)}", useful=draw.random() < 0.7))


def _wait_for(folder: Path, process: subprocess.Popen[bytes], aim: str) -> None:
    deadline = time.monotonic() + 60
    while noted_step(folder) != aim:
        assert process.poll() is None, f"the worker ended with {process.returncode} before it was killed"
        assert time.monotonic() < deadline, f"the worker never came to {aim!r}; it is in {noted_step(folder)!r}"
        time.sleep(0.0005)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_worker_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    driver = Driver(tmp_path, seed=5)
    hits: Counter[str] = Counter()
    with House(tmp_path):
        pass  # makes log and store
    for turn in range(ROUNDS):
        aim = AIMS[turn % len(AIMS)]
        driver.append(EVENTS_A_ROUND)
        (tmp_path / "step").unlink(missing_ok=True)
        command = [sys.executable, "-m", "tests.support.worker", str(tmp_path), *([aim] if aim in HELD else [])]
        process = subprocess.Popen(command)
        try:
            _wait_for(tmp_path, process, aim)
            time.sleep(0 if aim in HELD else random.Random(turn).uniform(0, 0.04))
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        hits[noted_step(tmp_path)] += 1
    print("kills by step:", dict(hits))
    assert {aim: hits[aim] >= AT_LEAST for aim in AIMS} == dict.fromkeys(AIMS, True), hits
    _check(driver, tmp_path)


def _check(driver: Driver, folder: Path) -> None:
    with House(folder) as house:
        run_worker(house.settings, house.processor, house.log, until_caught_up=True)
        settings = house.settings
    with open_reader(settings) as reader, open_log(settings) as log:
        stored = reader.sql("select source, event_id, count(*) from mart.votes group by all").fetchall()
        assert {(source, event_id): count for source, event_id, count in stored} == driver.acknowledged
        proof = prove_ledger(reader, log)
        assert proof.holds, proof.problems
        standing = reader.sql("select count(*) from mart.votes where is_standing").fetchall()
        counted = reader.sql("select sum(votes_delta) from raw.votes").fetchall()
        assert standing == counted
