"""Ingest, the widget and the sample news site on one port, without worker and dashboard: a program for browser tests.

python -m tests.support.news_site DATA_DIR PORT
"""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import UTC, datetime

from granian.constants import Interfaces
from granian.server.embed import Server
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import Mount

from feedback_analytics.contract import ARTICLES_TOPIC, VOTES_TOPIC
from feedback_analytics.demo import build_site
from feedback_analytics.ingest import build_ingest
from feedback_analytics.log import open_log
from feedback_analytics.settings import read_settings
from feedback_analytics.telemetry import build_metrics

ANCHOR = datetime(2026, 11, 24, 10, tzinfo=UTC)
# Fixed, so that pictures show the same dates on every run.


async def run(data_dir: str, port: int) -> None:
    """Serve until SIGTERM."""
    settings = read_settings(flags={"data_dir": data_dir})
    registry = CollectorRegistry()
    with open_log(settings) as log:
        for topic in (VOTES_TOPIC, ARTICLES_TOPIC):
            log.create_topic(topic, settings.log.partitions)
        app = build_ingest(
            settings.ingest,
            log,
            b"a secret of the tests, 32 bytes long",
            metrics=build_metrics(registry),
            registry=registry,
            readiness=lambda: [],
            now=lambda: datetime.now(UTC),
            otherwise=Starlette(routes=[Mount("/demo", build_site(ANCHOR))]),
        )
        server = Server(app, address="127.0.0.1", port=port, interface=Interfaces.ASGI)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
        await server.serve()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], int(sys.argv[2])))
