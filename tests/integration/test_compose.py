"""docker-compose.yml and the Dockerfile without a container engine.

What compose would start runs as plain processes: the commands, environments and health checks of the parsed file, with
host names, ports and the volume mapped to this machine; Kafka itself with the settings that its service is given.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

import feedback_analytics
from tests.support.builders import a_vote, an_article
from tests.support.kafka import Broker, fetch_jars, format_broker
from tests.support.service import free_port, stop

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PARTS = [name for name in SERVICES if name != "kafka"]
SECRET = "a secret of the compose test"
READY_SECONDS = 90
# Three parts import all they need at the same time, on two cores that other tests share.


@dataclass
class Machine:
    """What stands here for the names that containers see: 127.0.0.1, free ports and a temporary folder."""

    folder: Path
    ports: dict[tuple[str, str], int] = field(default_factory=dict)

    def port(self, service: str, inside: str) -> int:
        """The port of this machine for one that is listened on inside a service."""
        return self.ports.setdefault((service, inside), free_port())

    def here(self, service: str, text: str) -> str:
        """A text of the file as it must read here. Loopback inside a container is the service itself."""
        text = re.sub(r"\$\{FEEDBACK_READER_SECRET:\?[^}]+\}", SECRET, str(text))
        text = re.sub(
            r"(kafka|127\.0\.0\.1):(\d+)",
            lambda at: f"127.0.0.1:{self.port(service if at[1] == '127.0.0.1' else at[1], at[2])}",
            text,
        )
        text = text.replace("0.0.0.0", "127.0.0.1")
        for volume in SERVICES[service]["volumes"]:
            source, _, target = volume.partition(":")
            text = re.sub(rf"{target}\b", str(self.folder / source), text)
        return text

    def environment(self, service: str) -> dict[str, str]:
        given = {name: self.here(service, value) for name, value in SERVICES[service]["environment"].items()}
        if "FEEDBACK_INGEST_PORT" in given:
            given["FEEDBACK_INGEST_PORT"] = str(self.port(service, given["FEEDBACK_INGEST_PORT"]))
        return {name: value for name, value in os.environ.items() if not name.startswith("FEEDBACK_")} | given

    def published(self, service: str) -> str:
        """The URL of the port that the service publishes."""
        (published,) = SERVICES[service]["ports"]
        return f"http://127.0.0.1:{self.port(service, published.rpartition(':')[2])}"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine(tmp_path_factory.mktemp("compose"))


@pytest.fixture(scope="module")
def kafka_of_the_file(machine: Machine) -> Iterator[Broker]:
    """A real Kafka with the settings of the service `kafka`, translated as its image does."""
    fetch_jars()
    environment = SERVICES["kafka"]["environment"]
    settings = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): machine.here("kafka", value)
        for name, value in environment.items()
        if name.startswith("KAFKA_")
    }
    settings["listeners"] = re.sub(
        r"://:(\d+)", lambda at: f"://127.0.0.1:{machine.port('kafka', at[1])}", settings["listeners"]
    )
    properties = "".join(f"{name}={value}\n" for name, value in settings.items())
    broker = format_broker(machine.folder, machine.port("kafka", "19092"), properties, environment["CLUSTER_ID"])
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@dataclass
class Parts:
    """The parts of the service as running processes."""

    machine: Machine
    processes: dict[str, subprocess.Popen[bytes]]

    def output(self, name: str) -> str:
        return (self.machine.folder / f"{name}.log").read_text(errors="replace")

    def is_healthy(self, name: str) -> bool:
        """Run the service's own health check, in its environment."""
        assert self.processes[name].poll() is None, f"{name} ended:\n{self.output(name)}"
        kind, program, *rest = SERVICES[name]["healthcheck"]["test"]
        assert (kind, program) == ("CMD", "python")
        check = [sys.executable, *(self.machine.here(name, argument) for argument in rest)]
        return subprocess.run(check, env=self.machine.environment(name), capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def parts(machine: Machine, kafka_of_the_file: Broker) -> Iterator[Parts]:
    running = Parts(machine, {})
    try:
        for name in PARTS:
            with (machine.folder / f"{name}.log").open("wb") as output:
                running.processes[name] = subprocess.Popen(
                    [feedback_program(), *SERVICES[name]["command"]],
                    env=machine.environment(name),
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
        for name in PARTS:
            wait_until(lambda name=name: running.is_healthy(name), f"{name} was not healthy", running)
        yield running
    finally:
        for process in running.processes.values():
            stop(process)


def feedback_program() -> str:
    """The image's entry point, of this environment."""
    (entrypoint,) = json.loads(instructions("ENTRYPOINT")[-1])
    return str(Path(sys.executable).with_name(entrypoint))


def wait_until(condition: Any, otherwise: str, parts: Parts) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not condition():
        assert time.monotonic() < deadline, otherwise + "\n".join(parts.output(name)[-2000:] for name in PARTS)
        time.sleep(0.1)


def post(url: str, events: list[dict[str, Any]]) -> Mapping[str, Any]:
    request = urllib.request.Request(
        f"{url}/v1/events",
        data=json.dumps(events).encode(),
        headers={"Content-Type": "application/cloudevents-batch+json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 202
        return dict(json.load(answer))


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.kafka
@pytest.mark.slow
def test_votes_posted_to_the_parts_of_the_file_are_counted_shown_and_proven(parts: Parts) -> None:
    machine = parts.machine
    article = an_article("harbour-bridge", title="A bridge for the harbour")
    votes = [a_vote("harbour-bridge", reader=f"r{number}", useful=number % 4 > 0) for number in range(20)]
    said = post(machine.published("ingest"), [article, *votes, votes[0]])
    assert (said["accepted"], said["refused"]) == (22, 0)

    def usefulness() -> list[tuple[Any, ...]]:
        with feedback_analytics.connect(str(machine.folder / "data")) as lake:
            return lake.sql("select title, votes, useful from mart.article_usefulness").fetchall()

    wait_until(lambda: usefulness() == [("A bridge for the harbour", 20, 15)], "the votes were not counted", parts)
    assert status_of(machine.published("dashboard")) == 200
    assert status_of(f"{machine.published('dashboard')}/article/harbour-bridge") == 200
    assert all(parts.is_healthy(name) for name in PARTS)
    ledger = subprocess.run(
        [feedback_program(), "ledger"], env=machine.environment("worker"), capture_output=True, text=True
    )
    assert ledger.returncode == 0, ledger.stdout + ledger.stderr


@pytest.mark.kafka
@pytest.mark.slow
def test_every_part_ends_by_itself_when_compose_stops_it(parts: Parts) -> None:
    for process in parts.processes.values():
        process.terminate()
    grace = float(COMPOSE["x-part"]["stop_grace_period"].removesuffix("s"))
    ended = {name: process.wait(grace) for name, process in parts.processes.items()}
    assert ended == {name: 0 for name in PARTS}, {name: parts.output(name)[-2000:] for name in PARTS}


def test_compose_refuses_to_start_without_the_reader_secret_which_only_those_get_who_make_pseudonyms() -> None:
    given = {name: SERVICES[name]["environment"].get("FEEDBACK_READER_SECRET", "") for name in PARTS}
    assert {name for name in PARTS if given[name].startswith("${FEEDBACK_READER_SECRET:?")} == {"ingest", "worker"}
    assert given["dashboard"] == ""


def test_nothing_of_the_file_is_reached_from_other_machines() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published and all(port.startswith("127.0.0.1:") for port in published)


def test_every_image_is_pinned_and_names_no_host() -> None:
    images = [SERVICES["kafka"]["image"], *(line.split()[0] for line in instructions("FROM"))]
    assert [image for image in images if not re.fullmatch(r"(\w+/)?\w+:\d+\.\d+\.\d+[\w.-]*", image)] == []


def test_every_service_has_a_health_check_and_a_volume_that_is_declared() -> None:
    for name, service in SERVICES.items():
        assert service["healthcheck"]["test"], name
        assert {volume.partition(":")[0] for volume in service["volumes"]} <= set(COMPOSE["volumes"]), name


def test_the_image_runs_a_command_of_the_project_as_an_ordinary_user() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert json.loads(instructions("ENTRYPOINT")[-1]) == ["feedback"] and "feedback" in scripts
    assert int(instructions("USER")[-1].partition(":")[0]) >= 1000
    # The user owns the folder of the volume, else nothing could be written there.
    assert "--owner feedback" in " ".join(instructions("RUN")) and instructions("VOLUME") == ["/data"]


def test_the_image_exposes_the_ports_that_the_file_publishes() -> None:
    exposed = set(instructions("EXPOSE")[-1].split())
    published = {port.rpartition(":")[2] for name in PARTS for port in SERVICES[name].get("ports", [])}
    assert exposed == published


def test_the_image_is_built_from_files_that_are_there_and_not_ignored() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    copied = [path for line in instructions("COPY") if not line.startswith("--from=") for path in line.split()[:-1]]
    assert copied
    for path in copied:
        assert (ROOT / path).exists(), path
        matching = [rule for rule in rules if fnmatch(path, rule.removeprefix("!"))]
        assert matching[-1].startswith("!"), f"{path} is ignored"  # the last rule that matches decides
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {project["readme"], *project["license-files"]} <= set(copied)


def test_the_image_holds_no_secret() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "SECRET" not in text and "ARG" not in text


def instructions(name: str) -> list[str]:
    """The arguments of the Dockerfile's instructions of that name, in order."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return [line.split(maxsplit=1)[1] for line in text.splitlines() if line.startswith(f"{name} ")]
