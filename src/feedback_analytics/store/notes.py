"""Notes beside the votes: moments that people mark, views that they save, and what the service sent by itself.

Rows are only added; the newest one stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import duckdb
import msgspec
import pyarrow as pa
from msgspec import Meta

from feedback_analytics.errors import StoreError

MOST_NOTE, MOST_NAME, MOST_ADDRESS = 280, 80, 4_000
"""Characters of a note, of a view's name, and of its address."""

Id = Annotated[str, Meta(min_length=1, max_length=64)]


class Annotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A moment that a person marked. entry_id: of this writing; annotation_id: of the annotation that it is about."""

    entry_id: Id
    annotation_id: Id
    marked_at: datetime
    note: Annotated[str, Meta(min_length=1, max_length=MOST_NOTE)]
    article_id: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    is_removed: bool = False


class SavedView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page's address under a name. entry_id: of this saving."""

    entry_id: Id
    name: Annotated[str, Meta(min_length=1, max_length=MOST_NAME)]
    address: Annotated[str, Meta(min_length=1, max_length=MOST_ADDRESS, pattern="^/(?!/)")]
    is_removed: bool = False


class Delivery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step of a delivery (raw.deliveries). follows: entry_number of the row before about it; None for the first."""

    entry_id: Id
    delivery_id: Annotated[str, Meta(min_length=1, max_length=200)]
    follows: int | None
    kind: Literal["report", "alert"]
    name: Annotated[str, Meta(min_length=1, max_length=64)]
    since: datetime
    until: datetime
    way: Literal["mail", "webhook"]
    state: Literal["begun", "sent", "failed"]
    told: str | None
    positions: str | None


def note_annotation(engine: duckdb.DuckDBPyConnection, arguments: Mapping[str, Any], now: datetime) -> str:
    """Write an annotation inside the caller's transaction; what was done, as a sentence. Raises StoreError."""
    annotation = _read(arguments, Annotation)
    return _add(engine, "annotations", annotation, now)


def note_view(engine: duckdb.DuckDBPyConnection, arguments: Mapping[str, Any], now: datetime) -> str:
    """Write a saved view inside the caller's transaction; what was done, as a sentence. Raises StoreError."""
    view = _read(arguments, SavedView)
    return _add(engine, "saved_views", view, now)


def note_delivery(engine: duckdb.DuckDBPyConnection, arguments: Mapping[str, Any], now: datetime) -> str:
    """Write a step of a delivery inside the caller's transaction; what was done, as a sentence. Raises StoreError.

    It is written only while the newest row about the delivery is the one it follows: of two senders that begin the
    same delivery one writes, and the other one finds no row of its own.
    """
    delivery = _read(arguments, Delivery)
    query = "select max(entry_number) from raw.deliveries where delivery_id = ?"
    ((newest,),) = engine.execute(query, [delivery.delivery_id]).fetchall()
    if newest != delivery.follows:
        return "another sender was first"
    return _add(engine, "deliveries", delivery, now)


def _read(arguments: Mapping[str, Any], kind: type[Any]) -> Any:
    try:
        return msgspec.convert(arguments, kind)
    except msgspec.ValidationError as error:
        raise StoreError(f"what is to be written cannot be read: {error}.") from error


def _add(engine: duckdb.DuckDBPyConnection, table: str, value: Annotation | SavedView | Delivery, now: datetime) -> str:
    """A job may be run twice: the same entry is written once."""
    found = engine.execute(f"select count(*), count(*) filter (entry_id = ?) from raw.{table}", [value.entry_id])
    rows, same = found.fetchall()[0]
    if same:
        return f"was written to {table} before"
    schema = engine.execute(f"from raw.{table} limit 0").to_arrow_table().schema
    row = {**msgspec.structs.asdict(value), "entry_number": rows, "written_at": now}
    engine.register("added", pa.Table.from_pylist([row], schema))
    engine.execute(f"insert into raw.{table} by name from added")
    engine.unregister("added")
    return f"written to {table}"
