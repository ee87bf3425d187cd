"""`feedback demo`: the service with a sample news site, a month of past votes and live readers."""

from __future__ import annotations

import threading

import typer

from feedback_analytics.cli.command import Given, command, complain
from feedback_analytics.cli.service import PortOption
from feedback_analytics.errors import FeedbackError
from feedback_analytics.settings import Settings

DEMO_SEED = 7
HISTORY_DAYS = 30
LIVE_RATE = 2.0
"""Live readers of the demo, events a second: enough to see, too few to hurry."""

LIVE_SECONDS = 12 * 3600.0
"""The demo's readers go home after half a day; the service goes on."""


def add_to(tree: typer.Typer) -> None:
    command(tree, "demo")(demo)


def demo(given: Given, port: PortOption = None) -> None:
    """Run the service with a sample news site at /demo/, a month of past votes and live readers. Ctrl-C ends it.

    \b
    Example:
      feedback demo --data data/demo --port 8080
    """
    from feedback_analytics.cli.installation import now
    from feedback_analytics.cli.serving import serve_all
    from feedback_analytics.demo import DemoMarker, read_marker, write_marker

    settings = given.settings(ingest__port=port)
    settings.data_path.mkdir(parents=True, exist_ok=True)
    if read_marker(settings.data_path) is None:
        write_marker(settings.data_path, DemoMarker(DEMO_SEED, now()))
    url = f"http://{settings.ingest.host}:{settings.ingest.port}"
    threading.Thread(target=_bring_readers, args=(settings, url), daemon=True).start()
    raise typer.Exit(serve_all(settings))


def _bring_readers(settings: Settings, url: str) -> None:
    """Load the past once, say where to look, then send live readers."""
    from dataclasses import replace

    from feedback_analytics.cli.installation import now
    from feedback_analytics.demo import Emitter, history, read_marker, simulate, write_marker

    try:
        marker = read_marker(settings.data_path)
        assert marker is not None  # written before this thread began
        if not marker.is_loaded:
            print("bringing in a month of past readers, some 75,000 events; the addresses follow", flush=True)
            with Emitter(url, patience_seconds=60) as emitter:
                for count in emitter.post_all(history(marker.seed, HISTORY_DAYS, marker.anchor)):
                    if count % 20_000 == 0:
                        print(f"  {count:,} past events sent", flush=True)
                print(f"a month of readers: {emitter.answers.accepted:,} events accepted", flush=True)
            write_marker(settings.data_path, replace(marker, is_loaded=True))
        print(
            f"\n  dashboard    {url}/\n  news site    {url}/demo/\n  HTTP API     {url}/docs\n\n"
            "  Ctrl-C ends the demo.\n",
            flush=True,
        )
        simulate(url, rate=LIVE_RATE, seconds=LIVE_SECONDS, seed=int(now().timestamp()), now=now)
    except FeedbackError as error:
        complain(str(error))
