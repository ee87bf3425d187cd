"""`feedback serve` as its operator runs it: killed, restarted, asked from beside, and ended."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from feedback_analytics.store import open_reader
from tests.support.builders import a_vote
from tests.support.commands import as_lines, feedback, wait_until

END_SECONDS = 30


@dataclass(frozen=True)
class Served:
    """A `feedback serve` on a free port that it chose itself."""

    process: subprocess.Popen[bytes]
    output: Path
    data: Path

    @property
    def url(self) -> str:
        found = re.search(r"listening on (\S+)", self.output.read_text())
        return found[1] if found else ""

    def post(self, reader: str) -> dict[str, Any]:
        """Cast one vote; what the service answers."""
        request = urllib.request.Request(
            f"{self.url}/v1/events",
            as_lines([a_vote(reader=reader)]),
            {"content-type": "application/cloudevents+json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            told: dict[str, Any] = json.load(answer)
        return told

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=60) as answer:
            return str(answer.read().decode())

    @property
    def is_ready(self) -> bool:
        try:
            return bool(self.url) and bool(json.loads(self.get("/readyz"))["ready"])
        except OSError:
            return False

    def parts(self) -> dict[str, int]:
        """Process id of each running part by its name."""
        listed = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(self.process.pid)], capture_output=True, text=True
        ).stdout
        found = re.findall(r"^ *(\d+) .*feedback_analytics part (\w+)", listed, re.MULTILINE)
        return {name: int(pid) for pid, name in found}


@contextmanager
def served(data: Path) -> Iterator[Served]:
    output = data.parent / f"{data.name}.out"
    with output.open("wb") as file:
        command = [sys.executable, "-m", "feedback_analytics", "serve", "--data", str(data), "--port", "0"]
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    service = Served(process, output, data)
    try:
        wait_until(lambda: service.is_ready or process.poll() is not None, "the service is ready")
        assert process.poll() is None, output.read_text()
        yield service
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(END_SECONDS)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one vote in it."""
    folder = tmp_path_factory.mktemp("parts") / "data"
    feedback("import", "-", "--data", folder, given=as_lines([a_vote()]))
    feedback("worker", "--until-caught-up", "--data", folder)
    return folder


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def stored(data: Path) -> int:
    """Votes in the store."""
    with open_reader(data) as reader:
        return int(reader.table("select count(*) as n from mart.votes")["n"][0].as_py())


def test_parts_that_are_killed_are_restarted_and_no_accepted_vote_is_lost(tmp_path: Path) -> None:
    with served(tmp_path / "data") as service:
        assert service.post("r1")["accepted"] == 1
        before = service.parts()
        assert before.keys() == {"worker", "web"}
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        assert service.post("r2")["accepted"] == 1  # waits at the socket, which outlives the web part
        wait_until(lambda: service.is_ready, "both parts are back")
        after = service.parts()
        assert after.keys() == before.keys() and not set(after.values()) & set(before.values())
        wait_until(lambda: stored(service.data) == 2, "both votes are stored")
        for part in before:
            assert f'feedback_part_restarts_total{{part="{part}"}} 1.0' in service.get("/metrics")
        told = feedback("ledger", "--data", service.data)
    assert told.out.startswith("2 received = 2 stored + 0 duplicate"), told


def test_when_the_supervisor_is_killed_its_parts_end_and_the_next_start_goes_on(tmp_path: Path) -> None:
    with served(tmp_path / "data") as service:
        parts = service.parts()
        service.post("r1")
        service.process.kill()
        service.process.wait()
        wait_until(lambda: not any(map(is_running, parts.values())), "the parts have ended")
    with served(tmp_path / "data") as again:
        again.post("r2")
        wait_until(lambda: stored(again.data) == 2, "both votes are stored")
    told = feedback("ledger", "--data", tmp_path / "data")
    assert told.out.startswith("2 received = 2 stored + 0 duplicate"), told


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_drain_the_service_and_leave_no_process(tmp_path: Path, ending: signal.Signals) -> None:
    with served(tmp_path / "data") as service:
        parts = service.parts()
        service.post("r1")
        service.process.send_signal(ending)
        assert service.process.wait(END_SECONDS) == 0
        assert not any(map(is_running, parts.values()))
    assert "worker_ended" in service.output.read_text()


def test_other_commands_work_while_the_service_runs(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with served(data) as service:
        told = feedback("import", "-", "--data", data, given=as_lines(a_vote(reader=f"r{n}") for n in range(50)))
        assert told.out == "accepted 50\nrefused 0\n"
        wait_until(lambda: stored(data) == 50, "the votes are stored")
        told = feedback("simulate", "--url", service.url, "--rate", "50", "--seconds", "1", "--seed", "3")
        assert told.code == 0, told
        assert re.search(r"^  [\w-]+ version 1 - 0\.\d{3}$", told.out, re.MULTILINE)
        assert feedback("maintenance", "run", "--data", data).code == 0
        assert feedback("worker", "--until-caught-up", "--data", data).is_refusal("another worker (process ")
        counted = feedback("sql", "select count(*) as n from mart.votes", "--format", "csv", "--data", data)
        assert int(counted.out.split()[1]) >= 50
    assert feedback("ledger", "--data", data).code == 0


@pytest.mark.parametrize(("command", "path", "piece"), [("ingest", "/healthz", "alive"), ("dashboard", "/", "<title>")])
def test_a_part_runs_alone(data: Path, command: str, path: str, piece: str) -> None:
    output = data.parent / f"{command}.out"
    with output.open("wb") as file:
        arguments = [sys.executable, "-m", "feedback_analytics", command, "--data", str(data), "--port", "0"]
        process = subprocess.Popen(arguments, stdout=file, stderr=subprocess.STDOUT)
    service = Served(process, output, data)
    try:
        wait_until(lambda: shows(service, path, piece), f"{command} answers")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(END_SECONDS) == 0


def shows(service: Served, path: str, piece: str) -> bool:
    """Whether the page is there and holds the piece."""
    try:
        return bool(service.url) and piece in service.get(path)
    except OSError:
        return False
