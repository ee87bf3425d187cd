"""A real Kafka for tests: Apache Kafka from Maven's artifacts on free ports, or the one at FEEDBACK_TEST_KAFKA.

The jars are fetched once, into ~/.cache/feedback-analytics; after that a broker answers within about 10 s.
A Kafka that is asked for and cannot be had fails the test and says what to install.
"""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

from confluent_kafka.admin import AdminClient

from feedback_analytics.contract import ARTICLES_TOPIC, VOTES_TOPIC, dead_letter_topic
from tests.support.service import free_port

FILES = Path(__file__).parent / "kafka"
JARS = Path.home() / ".cache" / "feedback-analytics" / "kafka-4.4.0"
FETCH_SECONDS, START_SECONDS, STOP_SECONDS = 300, 60, 30
JAVA = ["java", "-Xms256m", "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]


@dataclass
class Broker:
    """A broker of ours, that tests may stop and start again on the same port and data."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def servers(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        with (self.folder / "kafka.log").open("ab") as output:
            self.process = subprocess.Popen(
                [*JAVA, "-cp", f"{JARS}/*", "kafka.Kafka", str(self.folder / "server.properties")],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_SECONDS
        while not _answers(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Kafka did not start:\n{(self.folder / 'kafka.log').read_text()[-2000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None


@contextmanager
def running_broker() -> Iterator[Broker]:
    """A broker of one's own, to be stopped and started at will."""
    fetch_jars()
    with tempfile.TemporaryDirectory(prefix="kafka-") as name:
        broker = _format(Path(name))
        try:
            broker.start()
            yield broker
        finally:
            broker.stop()


@contextmanager
def kafka_servers() -> Iterator[str]:
    """HOST:PORT of a Kafka to share: FEEDBACK_TEST_KAFKA, or one that is started for the purpose."""
    given = os.environ.get("FEEDBACK_TEST_KAFKA")
    if given:
        yield given
        return
    with running_broker() as broker:
        yield broker.servers


def fetch_jars() -> None:
    """Get Kafka itself, once per machine. RuntimeError when that cannot be."""
    if JARS.exists():
        return
    if shutil.which("mvn") is None or shutil.which("java") is None:
        raise RuntimeError(
            "the tests on Kafka need Java 17 and Maven (apt-get install maven), or FEEDBACK_TEST_KAFKA=HOST:PORT"
        )
    JARS.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=JARS.parent) as folder:
        fetch = ["mvn", "-q", "-B", "-f", str(FILES / "pom.xml"), "dependency:copy-dependencies"]
        subprocess.run([*fetch, f"-DoutputDirectory={folder}/jars"], check=True, timeout=FETCH_SECONDS)
        Path(folder, "jars").rename(JARS)


def format_broker(folder: Path, port: int, properties: str, cluster_id: str, *options: str) -> Broker:
    """A broker that is not started yet, on a fresh folder; its properties say that it listens on the port."""
    broker = Broker(folder, port)
    (folder / "server.properties").write_text(properties)
    command = ["kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(folder / "server.properties"), *options]
    subprocess.run([*JAVA, "-cp", f"{JARS}/*", *command], capture_output=True, check=True)
    return broker


def _format(folder: Path) -> Broker:
    port = free_port()
    places = {"PORT": port, "CONTROLLER": free_port(), "DATA": folder / "data"}
    text = Template((FILES / "server.properties").read_text()).safe_substitute(places)
    return format_broker(folder, port, text, new_cluster_id())


def new_cluster_id() -> str:
    """16 bytes as Kafka writes them, never with a dash at the beginning; its own tool takes 2 s for it."""
    return base64.urlsafe_b64encode(b"\0" + os.urandom(15)).decode().rstrip("=")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def fresh_topic() -> str:
    """A topic name that no other test uses."""
    return f"test-{uuid.uuid4().hex[:12]}"


def remove_our_topics(servers: str) -> None:
    """Make the Kafka one that has never seen this service: its topics have fixed names."""
    client = AdminClient({"bootstrap.servers": servers, "log_level": 0})
    ours = {name for topic in (VOTES_TOPIC, ARTICLES_TOPIC) for name in (topic, dead_letter_topic(topic))}
    there = ours & set(client.list_topics(timeout=10).topics)
    if there:
        for future in client.delete_topics(list(there)).values():
            future.result()
    # Deletion goes on in the background; to make a topic again meanwhile fails.
    while ours & set(client.list_topics(timeout=10).topics):
        time.sleep(0.05)
