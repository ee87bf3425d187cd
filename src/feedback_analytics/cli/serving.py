"""`feedback serve`: one supervisor, one worker part, one web part, one port."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from prometheus_client import CollectorRegistry

from feedback_analytics.cli.listening import address_of, listen
from feedback_analytics.cli.metrics import MetricsFile
from feedback_analytics.cli.secret import reader_secret
from feedback_analytics.cli.sending import sends
from feedback_analytics.cli.supervisor import Part, Supervisor, environment_of_parts
from feedback_analytics.settings import Settings, as_environment
from feedback_analytics.telemetry import build_metrics, configure_logging


def serve_all(settings: Settings, more: Sequence[Part] = ()) -> int:
    """Run the service until SIGTERM or SIGINT; the exit code. `more` are further parts beside worker and web.

    Prints `listening on URL` when a request will be answered; connections wait while the web part starts.
    """
    configure_logging(settings.telemetry.level, json=settings.telemetry.format == "json")
    with listen(settings.ingest.host, settings.ingest.port) as listener:
        sender = [Part("sender", ["part", "sender"])] if sends(settings) else []
        reader_secret(settings)  # Made before the parts start, so that they do not make one each.
        folder = settings.data_path / "metrics"
        _forget_former_parts(folder)
        registry = CollectorRegistry()
        restarts = build_metrics(registry).restarts
        file = MetricsFile(folder / "supervisor.prom", registry)

        def note_restart(part: str) -> None:
            restarts.labels(part).inc()
            file.write()

        print(f"listening on {address_of(listener)}", flush=True)
        supervisor = Supervisor(
            [
                Part("worker", ["part", "worker"]),
                *sender,
                Part("web", ["part", "web", "--listener", str(listener.fileno())]),
                *more,
            ],
            environment=environment_of_parts(as_environment(settings)),
            pass_fds=[listener.fileno()],
            on_restart=note_restart,
        )
        return asyncio.run(supervisor.run())


def _forget_former_parts(folder: Path) -> None:
    """Counters of processes that ended before this start would be added to ours."""
    with suppress(FileNotFoundError):
        for file in folder.glob("*.prom"):
            file.unlink()
