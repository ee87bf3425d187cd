"""Reads the rooms of the service and the tables of docs/architecture.md, for the tests beside this file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "feedback_analytics"
PACKAGE = "feedback_analytics"
ARCHITECTURE = ROOT / "docs" / "architecture.md"


@dataclass(frozen=True)
class Import:
    """One imported module as a file names it, and the name taken from it (None for a plain `import`)."""

    file: Path
    line: int
    module: str
    name: str | None = None

    @property
    def importer(self) -> str:
        return room_of(self.file)

    @property
    def imported_room(self) -> str | None:
        """The room of ours it names; `__init__` for the package itself; None for a foreign library."""
        head, *rest = self.module.split(".")
        if head != PACKAGE:
            return None
        return rest[0] if rest else "__init__"

    def __str__(self) -> str:
        what = self.module if self.name is None else f"{self.name} from {self.module}"
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {what}"


def room_of(file: Path) -> str:
    return file.relative_to(SOURCE).parts[0].removesuffix(".py")


def rooms() -> set[str]:
    """Every package and module directly in the source folder."""
    packages = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    return packages | {path.stem for path in SOURCE.glob("*.py")}


def imports() -> Iterator[Import]:
    """Every import statement of the source, also those within functions."""
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Import(names=names):
                    yield from (Import(file, node.lineno, name.name) for name in names)
                case ast.ImportFrom(level=0, module=str(module), names=names):
                    yield from (_taken(file, node.lineno, module, name.name) for name in names)
                case ast.ImportFrom(level=level) if level:
                    raise AssertionError(f"{file}:{node.lineno}: relative import; name the room in full")


def _taken(file: Path, line: int, module: str, name: str) -> Import:
    """`from feedback_analytics import room` imports the room; every other `from` takes a name of its module."""
    if module == PACKAGE and name in rooms():
        return Import(file, line, f"{module}.{name}")
    return Import(file, line, module, name)


def names_of_door(room: str) -> set[str]:
    """What `__all__` of the room lists; a room of one file lists nothing and is open."""
    door = SOURCE / room / "__init__.py"
    if not door.exists():
        return set()
    for node in ast.parse(door.read_text(encoding="utf-8")).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                return set(ast.literal_eval(value))
    raise AssertionError(f"{door} has no __all__")


def table(headings: str) -> dict[str, list[str]]:
    """The table of docs/architecture.md with these two headings (`a | b`): first cell → words of the second."""
    text = ARCHITECTURE.read_text(encoding="utf-8")
    found = re.search(rf"^\| {re.escape(headings)} \|\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert found, f"docs/architecture.md holds no table {headings!r}"
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in found[1].splitlines()]
    return {name.strip("`"): cell.split(", ") for name, cell in rows}
