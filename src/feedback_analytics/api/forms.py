"""Forms: an answer as JSON, CSV, Arrow or Parquet. The one place that writes answers out.

CSV is made to be opened in a spreadsheet: text that a spreadsheet would run as a formula gets an apostrophe in front.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from feedback_analytics.analytics import Question

FORMULA_STARTS = r"^[=+\-@\t\r]"
# A cell that begins so is run as a formula by spreadsheets (OWASP, CSV injection).

_TYPES = {
    "count": pa.int64(),
    "number": pa.float64(),
    "share": pa.float64(),
    "time": pa.timestamp("us", "UTC"),
    "text": pa.string(),
    "id": pa.string(),
    "word": pa.string(),
    "yes or no": pa.bool_(),
}
# Of a column, by its unit.


def answer_table(question: Question, answer: pd.DataFrame) -> pa.Table:
    """The answer as an Arrow table; each column has the type of its unit, also when all of it is empty."""
    columns = [_column(answer[column.name], column.unit) for column in question.columns]
    return pa.Table.from_arrays(columns, names=question.column_names)


def told_with(answer: pd.DataFrame) -> dict[str, Any]:
    """What an answer was made from, as JSON and as files tell it."""
    attrs = answer.attrs
    return {
        "question": attrs["question"],
        "asked": {name: plain(value) for name, value in attrs["parameters"].items()},
        "as_of": plain(attrs["as_of"]),
        "positions": attrs["positions"],
        "since": plain(attrs["since"]),
        "until": plain(attrs["until"]),
        "time_zone": attrs["time_zone"],
        "notes": attrs["notes"],
    }


def answer_document(question: Question, answer: pd.DataFrame, table: pa.Table) -> dict[str, Any]:
    """The answer as one object: what it was made from, its columns with units, its rows (all of them, or a page)."""
    columns = [{"name": column.name, "unit": column.unit} for column in question.columns]
    rows = [{name: plain(value) for name, value in row.items()} for row in table.to_pylist()]
    return {**told_with(answer), "columns": columns, "rows": rows}


def as_json(document: Mapping[str, Any]) -> bytes:
    """One JSON document, indented."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def as_csv(table: pa.Table, *, raw: bool = False) -> bytes:
    """A header line and a line per row. raw leaves text as it is, formulas too."""
    sink = io.BytesIO()
    csv.write_csv(table if raw else without_formulas(table), sink)
    return sink.getvalue()


def as_arrow(table: pa.Table) -> bytes:
    """An Arrow IPC stream."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def as_parquet(table: pa.Table) -> bytes:
    """A Parquet file."""
    sink = io.BytesIO()
    parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def without_formulas(table: Any) -> Any:
    """The table, or record batch, with an apostrophe before each text that begins like a formula; numbers stay."""
    columns = [_without_formulas(column) for column in table.columns]
    return type(table).from_arrays(columns, schema=table.schema)


def plain(value: Any) -> Any:
    """A value as JSON has it: times are RFC 3339 in UTC, what is not known or not finite is null."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def _without_formulas(column: Any) -> Any:
    if not pa.types.is_string(column.type):
        return column
    return pc.replace_substring_regex(column, FORMULA_STARTS, r"'\0")


def _column(values: pd.Series[Any], unit: str) -> pa.Array:
    kind = _TYPES[unit]
    if kind == pa.string():
        return pa.array([None if _is_missing(value) else str(value) for value in values], kind)
    return pa.array(values, kind, from_pandas=True)


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
