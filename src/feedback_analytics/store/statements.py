"""The store's SQL files: statements, migrations and views, and the headers that document the views."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

VIEWS = (
    "votes",
    "current_votes",
    "articles",
    "sections",
    "article_usefulness",
    "section_usefulness",
    "usefulness_daily",
    "ledger",
    "told_drops",
    "annotations",
    "saved_views",
    "deliveries",
    "freshness",
    "data_dictionary",
)
# In the order in which they are made: a view comes after the views it reads.

_COLUMN = re.compile(r"^--   (?P<name>[a-z_0-9]+) +(?P<type>[a-z0-9]+) +(?P<description>\S.*)$")


@dataclass(frozen=True)
class Column:
    name: str
    data_type: str
    description: str


@dataclass(frozen=True)
class View:
    """A public view: mart.NAME, what it answers, what one row is, its columns in order, and its query."""

    name: str
    question: str
    grain: str
    columns: tuple[Column, ...]
    query: str


@cache
def statement(name: str) -> str:
    """The text of sql/NAME.sql."""
    return _read(f"sql/{name}.sql")


@cache
def views() -> tuple[View, ...]:
    """Every public view, in the order in which they can be made."""
    return tuple(_view(name, _read(f"views/{name}.sql")) for name in VIEWS)


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """(number, text) of every migration, rising from 1."""
    folder = files(__package__).joinpath("migrations")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return tuple((int(name[:4]), _read(f"migrations/{name}")) for name in names)


def _view(name: str, text: str) -> View:
    header = [line for line in text.splitlines() if line.startswith("--")]
    question = header[0].removeprefix(f"-- {name}: ")
    grain = header[2].removeprefix("-- ")
    found = (_COLUMN.match(line) for line in header)
    columns = tuple(Column(m["name"], m["type"], m["description"]) for m in found if m)
    return View(name, question, grain, columns, text)


def _read(path: str) -> str:
    return files(__package__).joinpath(path).read_text(encoding="utf-8")
