"""The dashboard on a free port, in a thread of the test, over a store that the test writes.

with running_dashboard(house.settings) as dashboard:
    page.goto(dashboard.url)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from fastapi import FastAPI

from feedback_analytics.analytics import Answers
from feedback_analytics.dashboard import Live, build_dashboard
from feedback_analytics.settings import Settings
from feedback_analytics.store import open_reader
from tests.support.service import free_port

START_SECONDS = 30


@dataclass
class RunningDashboard:
    """Its address; what it is told of the log, which the test may change; and a way to stop it early."""

    url: str
    live: Live = field(default_factory=lambda: Live(behind_records=0))
    server: uvicorn.Server | None = None

    def stop(self) -> None:
        assert self.server is not None
        self.server.should_exit = True


@contextmanager
def running_dashboard(settings: Settings) -> Iterator[RunningDashboard]:
    with open_reader(settings) as reader:
        port, app = free_port(), FastAPI()
        dashboard = RunningDashboard(f"http://127.0.0.1:{port}")
        build_dashboard(Answers(reader), settings.dashboard, app, live=lambda: dashboard.live)
        config = uvicorn.Config(app, port=port, log_level="warning", ws="none", timeout_graceful_shutdown=2)
        dashboard.server = uvicorn.Server(config)
        thread = threading.Thread(target=dashboard.server.run, name="dashboard")
        thread.start()
        try:
            _wait_until_started(dashboard.server)
            yield dashboard
        finally:
            dashboard.stop()
            thread.join(START_SECONDS)


def _wait_until_started(server: uvicorn.Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if time.monotonic() > deadline:
            raise RuntimeError(f"the dashboard did not start within {START_SECONDS} s")
        time.sleep(0.01)
