"""Commands that tell about the installation: its settings and its version."""

from __future__ import annotations

import platform
from importlib.metadata import version as installed
from typing import Annotated

import typer
from rich.table import Table

from feedback_analytics.cli.command import Given, command
from feedback_analytics.cli.output import as_json, console
from feedback_analytics.settings import explain

# What a defect report needs beside our own version: the parts that own the files and the stream.
PARTS = ("faust-streaming", "duckdb", "rocksdict", "dash", "granian")


def add_to(tree: typer.Typer) -> None:
    command(tree, "config")(config)
    command(tree, "version")(version)


def config(
    given: Given,
    json: Annotated[bool, typer.Option("--json", help="One JSON array instead of a table.")] = False,
) -> None:
    """Show every setting: its value, where the value came from, and what it does. Secrets are masked.

    \b
    Example:
      feedback config --config feedback.toml
    """
    rows = explain(*given.settings_with_sources())
    if json:
        as_json(
            [
                {"name": row.name, "value": row.shown, "source": row.source, "description": row.description}
                for row in rows
            ]
        )
        return
    table = Table("setting", "value", "from", "what it does", box=None, pad_edge=False)
    for row in rows:
        table.add_row(row.name, row.shown, row.source, row.description)
    console().print(table)


def version(given: Given) -> None:
    """Show the version of the service and of the parts it stands on.

    \b
    Example:
      feedback version
    """
    print(f"feedback {installed('feedback-analytics')}")
    print(f"python {platform.python_version()}")
    for part in PARTS:
        print(f"{part} {installed(part)}")
