"""Ingest: an HTTP request in, an answer per event out: accepted, or refused with its reason.

    app = build_ingest(settings.ingest, log, secret, metrics=metrics, registry=registry,
                       readiness=lambda: [], now=utc_now, otherwise=pages)

It says “accepted” only after the log holds the event on disk. It keeps nothing itself, and reader ids never leave it.
The topics must be there before it is built. Files that hold events enter by the same steps: `admit`, then `Outgoing`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from prometheus_client import CollectorRegistry

from feedback_analytics.ingest.admission import Arrival, Refusal, admit
from feedback_analytics.ingest.app import Ingest
from feedback_analytics.ingest.asgi import App
from feedback_analytics.ingest.events import EventsEndpoint
from feedback_analytics.ingest.outgoing import Outgoing
from feedback_analytics.log import EventLog
from feedback_analytics.settings import IngestSettings
from feedback_analytics.telemetry import Metrics

__all__ = ["App", "Arrival", "Outgoing", "Refusal", "admit", "build_ingest"]


def build_ingest(
    settings: IngestSettings,
    log: EventLog,
    secret: bytes,
    *,
    metrics: Metrics,
    registry: CollectorRegistry,
    readiness: Callable[[], list[str]],
    now: Callable[[], datetime],
    otherwise: App | None = None,
) -> App:
    """An ASGI application for one event loop.

    It serves /v1/events, /healthz, /readyz, /metrics, /docs, /openapi.json, /asyncapi.json, /schemas/TYPE.json,
    /widget.js and /widget.css; all other paths, websockets and the server's lifespan go to `otherwise`. readiness may
    block: it is asked in a thread. Each of its sentences names a promise that is not being kept. now is aware, UTC.
    """
    events = EventsEndpoint(settings, log, secret, metrics, now)
    return Ingest(events, registry=registry, readiness=readiness, now=now, otherwise=otherwise)
