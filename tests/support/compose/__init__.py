"""docker-compose.yml without a container engine: what compose would start, as plain processes of this machine.

Commands, environments and health checks are those of the parsed file; host names, ports and volumes are mapped to
127.0.0.1, free ports and a temporary folder. compose-spec.json is the schema that Docker Compose itself checks by
(compose-go 2.16.2, Apache-2.0).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.service import free_port, stop

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
PARTS = [name for name in OURS if "profiles" not in SERVICES[name]]
"""Those of our image, and of them those that start unless asked otherwise."""

HOSTS = "|".join(SERVICES)
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)\}")
READY_SECONDS = 90
# All parts import what they need at the same time, on two cores that other tests share.


def instructions(name: str) -> list[str]:
    """The arguments of the Dockerfile's instructions of that name, in order."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return [line.split(maxsplit=1)[1] for line in text.splitlines() if line.startswith(f"{name} ")]


@dataclass
class Machine:
    """What stands here for the names that containers see. `given` is what `.env` would hold."""

    folder: Path
    given: Mapping[str, str]
    ports: dict[tuple[str, str], int] = field(default_factory=dict)

    def port(self, service: str, inside: str) -> int:
        """The port of this machine for one that is listened on inside a service."""
        return self.ports.setdefault((service, inside), free_port())

    def here(self, service: str, text: object) -> str:
        """A text of the file as it must read here. Loopback inside a container is the service itself."""
        read = re.sub(
            rf"(?<![\w.-])({HOSTS}|127\.0\.0\.1|0\.0\.0\.0):(\d+)",
            lambda at: f"127.0.0.1:{self.port(at[1] if at[1] in SERVICES else service, at[2])}",
            str(text),
        )
        read = re.sub(r"://:(\d+)", lambda at: f"://127.0.0.1:{self.port(service, at[1])}", read)
        read = read.replace("0.0.0.0", "127.0.0.1")
        for target, place in self._volumes(service).items():
            read = re.sub(rf"(?<![\w/]){re.escape(target)}\b", str(place), read)
        return VARIABLE.sub(lambda found: self.given.get(found[1], found[2] or ""), read)

    def environment(self, service: str) -> dict[str, str]:
        """What a process of the service sees: the image's settings, then the file's."""
        image = dict(pair.split("=", 1) for line in instructions("ENV") for pair in line.split() if "FEEDBACK" in pair)
        wanted = (image if service in OURS else {}) | SERVICES[service].get("environment", {})
        given = {name: self.here(service, value) for name, value in wanted.items()}
        if "FEEDBACK_INGEST_PORT" in given:
            given["FEEDBACK_INGEST_PORT"] = str(self.port(service, given["FEEDBACK_INGEST_PORT"]))
        return {name: value for name, value in os.environ.items() if not name.startswith(("FEEDBACK_", "PG"))} | given

    def command(self, service: str) -> list[str]:
        entry = [feedback_program()] if service in OURS else []
        return [*entry, *(self.here(service, argument) for argument in SERVICES[service]["command"])]

    def url(self, service: str, inside: str) -> str:
        return f"http://127.0.0.1:{self.port(service, inside)}"

    def published(self, service: str) -> str:
        """The URL of the port that the service publishes."""
        (published,) = SERVICES[service]["ports"]
        return self.url(service, published.rpartition(":")[2])

    def _volumes(self, service: str) -> dict[str, Path]:
        """What is mounted where. A service of ours without a volume has one to itself, as its image says."""
        own = [f"{service}:/data"] if service in OURS else []
        places = {}
        for volume in SERVICES[service].get("volumes", own):
            source, target, *_ = volume.split(":")
            places[target] = self._copied(service, source) if source.startswith("./") else self.folder / source
        return places

    def _copied(self, service: str, source: str) -> Path:
        """A file of the repository as it must read here."""
        copy = self.folder / service / Path(source).name
        if not copy.exists():
            copy.parent.mkdir(exist_ok=True)
            copy.touch()
            copy.write_text(self.here(service, (ROOT / source).read_text()))
        return copy


def feedback_program() -> str:
    """The image's entry point, of this environment."""
    (entrypoint,) = json.loads(instructions("ENTRYPOINT")[-1])
    return str(Path(sys.executable).with_name(entrypoint))


@dataclass
class Parts:
    """Services as running processes."""

    machine: Machine
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        command = self.machine.command(name)
        if shutil.which(command[0]) is None:
            raise RuntimeError(f"the tests of docker-compose.yml need {command[0]}: apt-get install {command[0]}")
        home = {f"XDG_{kind}_HOME": str(self.machine.folder / name) for kind in ("CONFIG", "DATA")}
        with (self.machine.folder / f"{name}.log").open("ab") as output:
            self.processes[name] = subprocess.Popen(
                command, env=self.machine.environment(name) | home, stdout=output, stderr=subprocess.STDOUT
            )

    def stop(self) -> None:
        for process in self.processes.values():
            stop(process)

    def output(self, name: str) -> str:
        return (self.machine.folder / f"{name}.log").read_text(errors="replace")

    def is_healthy(self, name: str) -> bool:
        """Run the service's own health check, in its environment."""
        assert self.processes[name].poll() is None, f"{name} ended:\n{self.output(name)}"
        kind, program, *rest = SERVICES[name]["healthcheck"]["test"]
        assert kind == "CMD"
        found = {"python": sys.executable, "feedback": feedback_program()}.get(program, program)
        check = [found, *(self.machine.here(name, argument) for argument in rest)]
        return subprocess.run(check, env=self.machine.environment(name), capture_output=True).returncode == 0

    def feedback(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of ours in the environment of a service, as `docker compose exec` runs it."""
        command, environment = [feedback_program(), *arguments], self.machine.environment(name)
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    def wait_until(self, condition: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not condition():
            told = [f"--- {name}:\n{self.output(name)[-2000:]}" for name in self.processes]
            assert time.monotonic() < deadline, "\n".join([otherwise, *told])
            time.sleep(0.5)  # each look is a process of its own, in the way of those that start
