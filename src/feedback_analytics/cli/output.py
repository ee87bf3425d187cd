"""How commands show what they found: tables for people, JSON for scripts."""

from __future__ import annotations

import sys
from typing import Any

import msgspec
from rich.console import Console


def console() -> Console:
    """Where tables go. Into a pipe they are written as wide as they are, so that no value is cut."""
    return Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else 10_000)


def as_json(value: Any) -> None:
    """Write one JSON document, indented, to stdout."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
