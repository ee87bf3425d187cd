"""Commands that run the service: all of it on one machine, or its parts apart."""

from __future__ import annotations

import socket
from typing import Annotated, Literal

import typer

from feedback_analytics.cli.command import Given, command, complain
from feedback_analytics.cli.supervisor import EXIT_NOT_CONFIGURED, end_with_the_supervisor
from feedback_analytics.errors import MigrationNeeded, SettingsError
from feedback_analytics.telemetry import configure_logging

# Rooms are imported by the command that opens them: `feedback --help` takes 0.15 s, all rooms together 2 s.

HostOption = Annotated[str | None, typer.Option("--host", metavar="HOST", help="Address to listen on.")]
PortOption = Annotated[int | None, typer.Option("--port", metavar="PORT", help="Port to listen on; 0: a free one.")]


def add_to(tree: typer.Typer) -> None:
    command(tree, "serve")(serve)
    command(tree, "ingest")(ingest)
    command(tree, "worker")(worker)
    command(tree, "sender")(sender)
    command(tree, "dashboard")(dashboard)
    command(tree, "part", hidden=True)(part)


def serve(given: Given, host: HostOption = None, port: PortOption = None) -> None:
    """Run the whole service: take votes, count them, show them. Ctrl-C or SIGTERM ends it cleanly.

    \b
    Example:
      feedback serve --data data --port 8080
    """
    from feedback_analytics.cli.serving import serve_all

    raise typer.Exit(serve_all(given.settings(ingest__host=host, ingest__port=port)))


def ingest(given: Given, host: HostOption = None, port: PortOption = None) -> None:
    """Take votes over HTTP into the log, and nothing else.

    \b
    Example:
      FEEDBACK_BROKER_URL=kafka://127.0.0.1:9092 feedback ingest --port 8080
    """
    _serve_alone(given, host, port, takes_events=True)


def dashboard(given: Given, host: HostOption = None, port: PortOption = None) -> None:
    """Show the pages of a store that another process fills.

    \b
    Example:
      feedback dashboard --data data --port 8081
    """
    _serve_alone(given, host, port, takes_events=False)


def worker(
    given: Given,
    until_caught_up: Annotated[
        bool, typer.Option("--until-caught-up", help="End when all that the log holds now is stored.")
    ] = False,
) -> None:
    """Count what the log holds and what comes, into the store.

    \b
    Example:
      feedback worker --data data --until-caught-up
    """
    from feedback_analytics.cli.work import work

    settings = given.settings()
    configure_logging(settings.telemetry.level, json=settings.telemetry.format == "json")
    work(settings, until_caught_up=until_caught_up)


def sender(
    given: Given,
    once: Annotated[bool, typer.Option("--once", help="Send what is due now, and end.")] = False,
) -> None:
    """Send reports and alerts to people, as reports.* say; `feedback serve` does so by itself.

    \b
    Example:
      FEEDBACK_REPORTS_SCHEDULE=week FEEDBACK_REPORTS_WEBHOOK_URL=https://chat.example/hook feedback sender --once
    """
    from feedback_analytics.cli.sending import send_for_ever, send_once

    settings = given.settings()
    configure_logging(settings.telemetry.level, json=settings.telemetry.format == "json")
    if once:
        raise typer.Exit(0 if send_once(settings) else 1)
    send_for_ever(settings)


def part(
    given: Given,
    name: Annotated[Literal["worker", "web", "sender"], typer.Argument()],
    listener: Annotated[int, typer.Option("--listener", help="File descriptor of the listening socket.")] = -1,
) -> None:
    """One part of `feedback serve`, as its supervisor starts it.

    \b
    Example:
      feedback part worker
    """
    settings = given.settings()
    configure_logging(settings.telemetry.level, json=settings.telemetry.format == "json")
    end_with_the_supervisor()
    try:
        if name == "worker":
            from feedback_analytics.cli.work import work

            work(settings)
        elif name == "sender":
            from feedback_analytics.cli.sending import send_for_ever

            send_for_ever(settings)
        else:
            from feedback_analytics.cli.web import serve_web

            serve_web(settings, socket.socket(fileno=listener), takes_events=True, shows_pages=True)
    except (SettingsError, MigrationNeeded) as error:
        complain(str(error))
        raise typer.Exit(EXIT_NOT_CONFIGURED) from error


def _serve_alone(given: Given, host: str | None, port: int | None, *, takes_events: bool) -> None:
    from feedback_analytics.cli.listening import address_of, listen
    from feedback_analytics.cli.web import serve_web

    settings = given.settings(ingest__host=host, ingest__port=port)
    configure_logging(settings.telemetry.level, json=settings.telemetry.format == "json")
    with listen(settings.ingest.host, settings.ingest.port) as listener:
        print(f"listening on {address_of(listener)}", flush=True)
        serve_web(settings, listener, takes_events=takes_events, shows_pages=not takes_events)
