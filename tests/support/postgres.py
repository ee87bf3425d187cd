"""A real PostgreSQL for tests: a throw-away cluster on a free port, from Debian's package.

A PostgreSQL that is asked for and cannot be had fails the test and says what to install.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.support.service import free_port

PASSWORD = "it's a secret"
FLAGS = "-c fsync=off -c listen_addresses=127.0.0.1"
"""The tests cut connections and processes, not the power."""


@dataclass
class Cluster:
    """A cluster of ours, that tests may stop and start again on the same port and data."""

    folder: Path
    programs: Path
    port: int

    def start(self) -> None:
        self._control("start", "-o", f"-p {self.port} -k {self.folder} {FLAGS}", "-l", str(self.folder / "log"))

    def stop(self) -> None:
        """As an operator does who is in a hurry: connections are cut."""
        self._control("stop", "-m", "fast")

    def fresh_database(self) -> str:
        """A database that no other test uses."""
        name = f"test_{secrets.token_hex(6)}"
        self.run(f"create database {name}")
        return name

    def run(self, command: str, database: str = "postgres") -> list[tuple[object, ...]]:
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="feedback", password=PASSWORD, dbname=database, autocommit=True
        ) as session:
            cursor = session.execute(command.encode())
            return cursor.fetchall() if cursor.description else []

    def cut(self, database: str) -> int:
        """Cut all connections to a database; how many there were."""
        return len(self.run(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database}'"))

    def url(self, database: str, data: Path, *, password: str = "it%27s%20a%20secret") -> str:
        """The store URL of a lake with its catalog in a database and its data files in a folder."""
        return f"postgresql://feedback:{password}@127.0.0.1:{self.port}/{database}?data={data}"

    def initialise(self) -> None:
        (self.folder / "password").write_text(PASSWORD)
        options = ["--username=feedback", "--auth=scram-sha-256", f"--pwfile={self.folder / 'password'}", "--no-sync"]
        self._run("initdb", "-D", str(self.folder / "data"), *options)

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        # PostgreSQL refuses to be root's; what it prints must not be a pipe, which its server would keep open.
        with (self.folder / "told").open("ab") as told:
            done = subprocess.run(
                [self.programs / program, *arguments], stdout=told, stderr=told, user=_unprivileged(), cwd=self.folder
            )
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{(self.folder / 'told').read_text()[-2000:]}")


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A cluster of one's own, to be stopped and started at will."""
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        user = _unprivileged()
        if user:
            shutil.chown(folder, user)
        cluster = Cluster(folder, _programs(), free_port())
        cluster.initialise()
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


def _programs() -> Path:
    """The newest PostgreSQL of this machine. Debian keeps its programs off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    if program is None:
        raise RuntimeError("the tests on PostgreSQL need its server: apt-get install postgresql")
    return Path(program).parent


def _unprivileged() -> str | None:
    """Who runs the server: root may not."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"
