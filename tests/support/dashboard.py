"""The dashboard on a free port, in a thread of the test, over a store that the test writes.

with running_dashboard(house.settings) as dashboard:
    page.goto(dashboard.url)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import uvicorn
from fastapi import FastAPI

from feedback_analytics.analytics import Lake, SharedLake
from feedback_analytics.api import add_api
from feedback_analytics.cli.installation import open_topics
from feedback_analytics.cli.replaying import replay_of_reason
from feedback_analytics.dashboard import Live, build_dashboard
from feedback_analytics.settings import Settings
from feedback_analytics.store import JobKind, open_reader, run_job
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
    zone = settings.analytics.time_zone
    with Lake(reader := open_reader(settings), time_zone=zone) as lake, closing(SharedLake(lake)) as shared:
        port, app = free_port(), FastAPI()
        dashboard = RunningDashboard(f"http://127.0.0.1:{port}")
        add_api(app, shared, now=lambda: datetime.now(UTC))

        def keep(what: str, entry: Mapping[str, Any]) -> None:
            run_job(settings, JobKind(f"note_{what}"), entry, now=lambda: datetime.now(UTC))

        def replay(reason: str) -> str:
            with open_topics(settings) as log:
                return replay_of_reason(settings, reader, log, reason)

        build_dashboard(shared, settings.dashboard, app, live=lambda: dashboard.live, keep=keep, replay=replay)
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
