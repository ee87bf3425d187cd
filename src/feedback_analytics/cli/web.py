"""The web part: ingest, read API, dashboard and sample site as one ASGI application on one port.

Ingest answers from the first moment, since the log is all it needs. The pages follow as soon as the store can be read.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Literal

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from feedback_analytics.analytics import Lake, SharedLake
from feedback_analytics.api import add_api
from feedback_analytics.cli.installation import checked_secret, now, open_topics, refuse_moved_log
from feedback_analytics.cli.late_pages import LatePages
from feedback_analytics.cli.listening import serve_until_told
from feedback_analytics.cli.metrics import OfAllParts
from feedback_analytics.cli.progress import Watch
from feedback_analytics.cli.replaying import replay_of_reason
from feedback_analytics.dashboard import Live, build_dashboard
from feedback_analytics.demo import build_site, read_marker
from feedback_analytics.ingest import App, build_ingest
from feedback_analytics.log import EmbeddedBroker, EventLog, parse_broker
from feedback_analytics.settings import Settings
from feedback_analytics.store import JobKind, Reader, open_reader, run_job
from feedback_analytics.telemetry import build_metrics


def serve_web(settings: Settings, listener: socket.socket, *, takes_events: bool, shows_pages: bool) -> None:
    """Take events, or show pages, or both, on the socket until SIGTERM or SIGINT."""
    secret = checked_secret(settings) if takes_events else b""
    with ExitStack() as stack:
        log = stack.enter_context(open_topics(settings))
        if takes_events:
            refuse_moved_log(log)
        pages = Pages(settings, log)
        stack.callback(pages.close)
        late = LatePages(pages.build) if shows_pages else None
        app = _with_ingest(settings, log, secret, pages, late) if takes_events or late is None else late
        serve_until_told(app, listener)


class Pages:
    """Dashboard and sample site, and what they know of the store. Opened by `build`, closed by `close`.

    Also counts in `metrics` what this process does; `shown` adds those of the other parts.
    """

    def __init__(self, settings: Settings, log: EventLog) -> None:
        self._settings, self._log = settings, log
        own, self.shown = CollectorRegistry(), CollectorRegistry()
        self.metrics = build_metrics(own)
        self.shown.register(OfAllParts(own, settings.data_path / "metrics", before=self._note_lag))
        self._reader: Reader | None = None
        self._shared: SharedLake | None = None
        self.watch = Watch(
            log,
            lambda: self._reader,
            stale_seconds=settings.dashboard.stale_seconds,
            now=now,
            log_folder=_log_folder(settings),
        )

    def build(self) -> App:
        """The pages as one ASGI application. Raises FeedbackError while the store cannot be read."""
        if self._reader is None:
            self._reader = open_reader(self._settings)
        server = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        marker = read_marker(self._settings.data_path)
        if marker is not None:
            server.mount("/demo", build_site(marker.anchor))
        lake = Lake(self._reader, time_zone=self._settings.analytics.time_zone, now=now)
        self._shared = SharedLake(lake, told=self._note_question)
        server.add_api_route("/metrics", self._show_metrics, include_in_schema=False)
        add_api(server, self._shared, now=now)
        build_dashboard(
            self._shared,
            self._settings.dashboard,
            server,
            live=self._live,
            keep=self._keep,
            replay=partial(replay_of_reason, self._settings, self._reader, self._log),
            now=now,
        )
        return server

    def close(self) -> None:
        if self._shared is not None:
            self._shared.close()
        if self._reader is not None:
            self._reader.close()

    def _keep(self, what: Literal["annotation", "view"], entry: Mapping[str, Any]) -> None:
        kind = JobKind.NOTE_ANNOTATION if what == "annotation" else JobKind.NOTE_VIEW
        run_job(self._settings, kind, entry, now=now)

    def _live(self) -> Live:
        progress = self.watch.look()
        return Live(progress.behind_records, progress.oldest_waiting_at)

    def _show_metrics(self) -> Response:
        # Met only where no ingest is in front, which has the same page.
        return Response(generate_latest(self.shown), media_type=CONTENT_TYPE_LATEST)

    def _note_question(self, question: str, seconds: float, failed: bool) -> None:
        self.metrics.question_seconds.labels(question).observe(seconds)
        if failed:
            self.metrics.question_errors.labels(question).inc()

    def _note_lag(self) -> None:
        for (topic, partition), behind in self.watch.look().behind.items():
            self.metrics.lag_records.labels(topic, partition).set(behind)


def _with_ingest(settings: Settings, log: EventLog, secret: bytes, pages: Pages, otherwise: LatePages | None) -> App:
    watch = pages.watch

    def readiness() -> list[str]:
        # Ingest alone promises only what the log can keep: it may run where there is no store.
        return list(watch.log_problems() if otherwise is None else watch.look().problems)

    return build_ingest(
        settings.ingest,
        log,
        secret,
        metrics=pages.metrics,
        registry=pages.shown,
        readiness=readiness,
        now=now,
        otherwise=otherwise,
    )


def _log_folder(settings: Settings) -> Path | None:
    broker = parse_broker(settings.broker)
    return broker.folder if isinstance(broker, EmbeddedBroker) else None
