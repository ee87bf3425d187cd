"""The embedded log between processes: several append while one reads, one is killed, the disk fills up."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from feedback_analytics.log import EventLog, open_log
from feedback_analytics.settings import Settings, read_settings

TOPIC = "votes"
PARTITIONS = 2
APPENDERS, RECORDS = 4, 400


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = read_settings({"data_dir": str(tmp_path)})
    with open_log(settings) as log:
        log.create_topic(TOPIC, PARTITIONS)
    return settings


def appender(settings: Settings, name: str, records: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.support.appender", settings.data_dir, TOPIC, name, str(records)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def acknowledged(output: str) -> dict[tuple[int, int], str]:
    """Value by place, as an appender printed it; a line that the kill tore is not acknowledged."""
    whole = [line.split() for line in output.splitlines(keepends=True) if line.endswith("\n")]
    return {(int(partition), int(offset)): value for partition, offset, value in whole}


def everything(log: EventLog) -> dict[tuple[int, int], str]:
    return {
        (partition, record.offset): record.value.decode()
        for partition in range(PARTITIONS)
        for record in log.read(TOPIC, partition, 0, 1_000_000)
    }


def test_several_processes_append_while_one_reads(settings: Settings) -> None:
    processes = [appender(settings, f"p{number}", RECORDS) for number in range(APPENDERS)]
    seen: dict[tuple[int, int], str] = {}
    next_offsets = dict.fromkeys(range(PARTITIONS), 0)
    deadline = time.monotonic() + 60
    with open_log(settings) as log:
        while len(seen) < APPENDERS * RECORDS and time.monotonic() < deadline:
            for partition, offset in next_offsets.items():
                for record in log.read(TOPIC, partition, offset, 100):
                    assert record.offset == next_offsets[partition]
                    next_offsets[partition] += 1
                    seen[partition, record.offset] = record.value.decode()
    told: dict[tuple[int, int], str] = {}
    for process in processes:
        output, errors = process.communicate()
        assert process.returncode == 0, errors
        told |= acknowledged(output)
    assert len(told) == APPENDERS * RECORDS
    assert seen == told


def test_what_a_killed_process_had_acknowledged_is_kept(settings: Settings) -> None:
    process = appender(settings, "killed", 1_000_000)
    assert process.stdout is not None
    for _ in range(200):
        process.stdout.readline()
    process.kill()
    output, _ = process.communicate()
    with open_log(settings) as log:
        kept = everything(log)
        assert acknowledged(output).items() <= kept.items()
        assert len(kept) >= 200
        offsets = sorted(offset for partition, offset in kept if partition == 0)
        assert offsets == list(range(len(offsets)))


def test_a_full_disk_is_told_and_the_log_goes_on_when_there_is_space_again(tmp_path: Path) -> None:
    """On a disk of 3 MB of its own, which a mount namespace needs no root for."""
    small = f"mount -t tmpfs -o size=3m tmpfs {tmp_path} && {sys.executable} -m tests.support.full_disk {tmp_path}"
    done = subprocess.run(["unshare", "-rm", "sh", "-c", small], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["acknowledged"] > 50
    assert "no space left for the log" in told["refused"]
    assert told["retry_after_seconds"] > 0
    assert told["kept"] == told["acknowledged"] + 1
