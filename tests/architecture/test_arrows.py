"""Rooms know each other as docs/architecture.md says, by their doors, and no other way."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter

from tests.architecture.rooms import SOURCE, imports, names_of_door, rooms, table

BASE = {"errors", "settings", "telemetry", "contract"}


def allowed() -> dict[str, set[str]]:
    """Which rooms each room may import, from the table in the docs."""
    return {room: set().union(*(_meant(word) for word in words)) for room, words in table("room | may import").items()}


def _meant(word: str) -> set[str]:
    match word:
        case "nothing":
            return set()
        case "the base":
            return BASE
        case "every room":
            return rooms()
    return {word.strip("`")}


def test_the_docs_name_exactly_the_rooms_that_exist() -> None:
    assert set(table("room | may import")) == rooms()


def test_every_import_follows_an_arrow() -> None:
    arrows = allowed()
    strangers = [
        str(found)
        for found in imports()
        if (room := found.imported_room) not in (None, found.importer)
        and found.name != "__version__"
        and room not in arrows[found.importer]
    ]
    assert strangers == []


def test_the_arrows_have_no_cycle() -> None:
    arrows = {room: others - {room} for room, others in allowed().items() if room != "__main__"}
    arrows["cli"] -= {"__main__"}
    assert list(TopologicalSorter(arrows).static_order())


def test_a_room_is_entered_by_its_door() -> None:
    inside = [
        str(found)
        for found in imports()
        if found.imported_room not in (None, "__init__", found.importer) and found.module.count(".") > 1
    ]
    assert inside == []


def test_only_names_that_a_door_lists_are_taken_from_it() -> None:
    unlisted = [
        str(found)
        for found in imports()
        if (room := found.imported_room) not in (None, "__init__", found.importer)
        and found.name is not None
        and (SOURCE / room).is_dir()
        and found.name not in names_of_door(room)
    ]
    assert unlisted == []


def test_every_door_says_what_it_opens_to() -> None:
    for door in sorted(SOURCE.glob("*/__init__.py")):
        assert ast.get_docstring(ast.parse(door.read_text(encoding="utf-8"))), f"{door} has no docstring"


def test_foreign_libraries_stay_at_their_wall() -> None:
    walls = {
        library.strip("` "): {room.removeprefix("one file of ").strip("`") for room in where}
        for libraries, where in table("library | used in").items()
        for library in libraries.split(",")
    }
    strangers = [
        str(found)
        for found in imports()
        if (library := found.module.split(".")[0]) in walls and found.importer not in walls[library]
    ]
    assert strangers == []


def test_the_kafka_producer_is_known_to_one_file() -> None:
    files = {found.file.name for found in imports() if found.module.startswith("confluent_kafka")}
    assert len(files) == 1, files
