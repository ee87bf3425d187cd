"""Tables as people and programs want them: on the terminal, as CSV, JSON or Parquet."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal

import typer
from rich.table import Table

from feedback_analytics.cli.output import as_json, console
from feedback_analytics.errors import QueryError

if TYPE_CHECKING:
    import pyarrow as pa

Format = Literal["table", "csv", "json", "parquet"]
RawOption = Annotated[bool, typer.Option("--raw", help="CSV as it is: leave cells that a spreadsheet runs.")]


def write_table(table: pa.Table, format: Format, output: Path | None, *, raw: bool = False) -> None:
    """Write an Arrow table to a file, or to stdout. Parquet needs a file; a `table` in a file is CSV.

    CSV gets an apostrophe before text that a spreadsheet would run as a formula; raw leaves it as it is.

    Raises QueryError when the format cannot hold the table.
    """
    match format:
        case "table" if output is None:
            _show(table)
        case "table" | "csv":
            _write_csv(table, output, raw)
        case "json":
            _write_json(table, output)
        case "parquet":
            _write_parquet(table, output)


def _show(table: pa.Table) -> None:
    shown = Table()
    for name in table.column_names:
        shown.add_column(name, overflow="fold")
    for row in _rows(table):
        shown.add_row(*("" if value is None else _text(value) for value in row))
    console().print(shown)


def _write_csv(table: pa.Table, output: Path | None, raw: bool) -> None:
    from pyarrow import csv

    from feedback_analytics.api import without_formulas

    plain = _as_text(table) if raw else without_formulas(_as_text(table))
    with _sink(output) as sink:
        csv.write_csv(plain, sink)


def _write_json(table: pa.Table, output: Path | None) -> None:
    """An array of one object per row. Decimals are texts, so that none of their digits is lost."""
    import msgspec

    names = table.column_names
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise QueryError(f"two columns are named {twice[0]}, which JSON cannot hold. Name them apart with `as`.")
    rows = [dict(zip(names, map(_plain, row), strict=True)) for row in _rows(table)]
    if output is None:
        as_json(rows)
    else:
        output.write_bytes(msgspec.json.encode(rows))


def _write_parquet(table: pa.Table, output: Path | None) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    if output is None:
        raise QueryError("Parquet is not for a terminal: name a file with --output FILE.")
    with _sink(output) as sink:
        try:
            parquet.write_table(table, sink)
        except pa.ArrowNotImplementedError as error:
            raise QueryError(f"Parquet cannot hold a column of this query: {error}. Cast it to varchar.") from error


@contextmanager
def _sink(output: Path | None) -> Iterator[BinaryIO]:
    """The file, or stdout, which stays open."""
    if output is None:
        yield sys.stdout.buffer
        return
    with output.open("wb") as file:
        yield file


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    """The rows as tuples: two columns may have one name."""
    return zip(*(column.to_pylist() for column in table.columns), strict=True)


def _as_text(table: pa.Table) -> pa.Table:
    """The table with the columns that CSV cannot hold (UUIDs, lists, blobs, intervals) as text."""
    import pyarrow as pa

    def is_held(kind: pa.DataType) -> bool:
        is_span = pa.types.is_interval(kind) or pa.types.is_duration(kind)
        return (pa.types.is_primitive(kind) and not is_span) or pa.types.is_string(kind)

    def text(column: pa.ChunkedArray) -> pa.Array:
        return pa.array([None if value is None else _text(value) for value in column.to_pylist()], pa.string())

    columns = [column if is_held(column.type) else text(column) for column in table.columns]
    return pa.Table.from_arrays(columns, names=table.column_names)


def _plain(value: Any) -> Any:
    """A value as JSON has it; what JSON has no form for is text."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list() | tuple():
            return [_plain(one) for one in value]
        case dict():
            return {str(name): _plain(one) for name, one in value.items()}
    return _text(value)


def _text(value: Any) -> str:
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)
