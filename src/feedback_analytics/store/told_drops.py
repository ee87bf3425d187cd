"""Told drops: what was told about targets that fell, kept so that nobody is told the same drop twice.

Notes are only added, and numbered without a gap: an answer that says with how many notes it was made can be made again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import duckdb
import msgspec
import pyarrow as pa

from feedback_analytics.errors import StoreError
from feedback_analytics.store.statements import statement


class DropNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One note about a target of a watch: its drop was told, or its share has recovered since it was told.

    follows is the last note about the target that was known when this was decided; None: there was none. The window is
    [window_since, window_until); the counts before are those of the drop, also in a note of recovery. positions are
    those of the answer it was made from.
    """

    note: Literal["told", "recovered"]
    follows: int | None
    watch: str
    family: Literal["article", "section", "topic"]
    article_id: str | None
    section_id: str | None
    topic: str | None
    window_since: datetime
    window_until: datetime
    base_since: datetime
    votes: int
    useful: int
    votes_before: int
    useful_before: int
    false_share: float | None
    positions: str

    @property
    def target(self) -> tuple[str | None, ...]:
        return (self.watch, self.family, self.article_id, self.section_id, self.topic)


class _Telling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of the job."""

    telling_id: str
    notes: tuple[DropNote, ...]


def note_drops(engine: duckdb.DuckDBPyConnection, arguments: Mapping[str, Any], now: datetime) -> list[DropNote]:
    """Write the notes of one telling, inside the caller's transaction; those that were written.

    A note is written only while the last one about its target is the one it follows: run again it writes nothing, and
    of two tellings that decided on the same state the second writes nothing. Several notes of one telling about a
    target follow each other in their order.

    Raises StoreError for arguments that are none.
    """
    try:
        telling = msgspec.convert(arguments, _Telling)
    except msgspec.ValidationError as error:
        raise StoreError(f"a job to note drops cannot be read: {error}.") from error
    found = engine.execute(statement("last_drop_notes")).fetchall()
    last: dict[tuple[str | None, ...], int] = {tuple(row[:-1]): row[-1] for row in found}
    known, number = dict(last), max(last.values(), default=-1)
    written, rows = [], []
    for note in telling.notes:
        if known.get(note.target) != note.follows:
            continue
        number += 1
        row = msgspec.structs.asdict(note) | {"note_number": number, "follows": last.get(note.target)}
        rows.append(row | {"telling_id": telling.telling_id, "noted_at": now})
        last[note.target] = number
        written.append(note)
    if rows:
        schema = engine.execute("from raw.drops_told limit 0").to_arrow_table().schema
        engine.register("added", pa.Table.from_pylist(rows, schema))
        engine.execute("insert into raw.drops_told by name from added")
        engine.unregister("added")
    return written


def noted_sentence(notes: Sequence[DropNote], asked: int) -> str:
    """What came of a telling, in one sentence."""
    told = sum(note.note == "told" for note in notes)
    said = f"{told} drops noted as told, {len(notes) - told} as recovered"
    return said if len(notes) == asked else f"{said}; {asked - len(notes)} were noted before"
