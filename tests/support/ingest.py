"""A running ingest in this process: a real log, the real server on a free port, a clock the test can move."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from feedback_analytics.contract import ARTICLES_TOPIC, VOTES_TOPIC
from feedback_analytics.ingest import App, build_ingest
from feedback_analytics.log import EventLog, LoggedRecord, open_log
from feedback_analytics.settings import read_settings
from feedback_analytics.telemetry import build_metrics
from tests.support.builders import SECRET

PARTITIONS = 2
START_SECONDS = 20.0


@dataclass
class HttpAnswer:
    """What a client got."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class RunningIngest:
    """The service at `port`, its log, and what its clock and readiness say."""

    log: EventLog
    registry: CollectorRegistry
    port: int = 0
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    not_ready: list[str] = field(default_factory=list)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """One request on a connection of its own; a body that is an iterable is sent in chunks, without its length."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # refused before all was sent: the answer is there
                connection.request(
                    method, path, body=body, headers=dict(headers or {}), encode_chunked=_is_chunked(body)
                )
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return HttpAnswer(response.status, names, response.read())
        finally:
            connection.close()

    def post(
        self,
        body: bytes | Iterable[bytes],
        content_type: str | None = "application/cloudevents+json",
        **headers: str,
    ) -> HttpAnswer:
        """POST /v1/events; `content_encoding="gzip"` becomes the header Content-Encoding."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if content_type is not None:
            named["Content-Type"] = content_type
        return self.request("POST", "/v1/events", body, named)

    def records(self, topic: str = VOTES_TOPIC) -> list[LoggedRecord]:
        """All that the log holds of a topic."""
        return [record for partition in range(PARTITIONS) for record in self.log.read(topic, partition, 0, 1_000_000)]

    def metric(self, name: str, **labels: str) -> float:
        """A metric as the service shows it; 0 when it does not."""
        families = text_string_to_metric_families(self.request("GET", "/metrics").body.decode())
        samples = [one for family in families for one in family.samples]
        return next((one.value for one in samples if (one.name, one.labels) == (name, labels)), 0.0)


def _is_chunked(body: object) -> bool:
    return body is not None and not isinstance(body, bytes | str)


@contextmanager
def running_ingest(
    folder: Path, settings: Mapping[str, object] | None = None, otherwise: App | None = None
) -> Iterator[RunningIngest]:
    """Start it on folder, with settings by their dotted names. Ends with the block, answering what has begun."""
    all_settings = read_settings({"data_dir": str(folder), **(settings or {})})
    with open_log(all_settings) as log:
        for topic in (VOTES_TOPIC, ARTICLES_TOPIC):
            log.create_topic(topic, PARTITIONS)
        registry = CollectorRegistry()
        running = RunningIngest(log, registry)
        app = build_ingest(
            all_settings.ingest,
            log,
            SECRET,
            metrics=build_metrics(registry),
            registry=registry,
            readiness=lambda: list(running.not_ready),
            now=lambda: running.clock(),
            otherwise=otherwise,
        )
        with serving(app) as running.port:
            yield running


@contextmanager
def serving(app: App) -> Iterator[int]:
    """The port at which granian answers with the app, in a thread of its own."""
    port = _free_port()
    server = Server(app, port=port, interface=Interfaces.ASGI, log_enabled=False, websockets=False)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(server.serve(),), name="ingest")
    thread.start()
    try:
        _wait_until_open(port, thread)
        yield port
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join()
        loop.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_open(port: int, thread: threading.Thread) -> None:
    tries = threading.Event()
    for _ in range(int(START_SECONDS / 0.02)):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except ConnectionRefusedError:
            if not thread.is_alive():
                raise
            tries.wait(0.02)
    raise TimeoutError(f"no server at port {port} after {START_SECONDS} s")
