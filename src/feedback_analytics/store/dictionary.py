"""The data dictionary: what each table, view and column of the store holds.

Comes from the comments of the tables and the headers of the views, so it cannot say something else than they do.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import duckdb

from feedback_analytics.store.lake import ALIAS
from feedback_analytics.store.statements import View, statement, views

INTRODUCTION = """# Data dictionary

Generated from the store itself by `make docs`; `mart.data_dictionary` holds the same. Schema `mart` is the public face:
its views change only by additions. The tables of schema `raw` lie under them; they are documented, but may change with
a release. Times are UTC.
"""


def describe_store(engine: duckdb.DuckDBPyConnection) -> None:
    """Write the dictionary into the store, in place of the one there, inside the caller's transaction."""
    rows = [row for view in views() for row in _rows_of(view)]
    engine.execute("delete from raw.column_descriptions")
    engine.executemany("insert into raw.column_descriptions values (?, ?, ?, ?, ?, ?)", rows)
    engine.execute(statement("describe_tables"), {"database": ALIAS})


def dictionary_page(rows: Iterable[dict[str, Any]]) -> str:
    """The rows of mart.data_dictionary as a page in Markdown: views first, each with a table of its columns."""
    ordered = sorted(rows, key=lambda row: (row["schema_name"], row["relation"], row["position"]))
    parts = [INTRODUCTION]
    for (schema, relation), columns in groupby(ordered, key=lambda row: (row["schema_name"], row["relation"])):
        about, *rest = columns
        parts.append(f"## {schema}.{relation}\n\n{about['description']}\n")
        lines = [f"| `{row['column_name']}` | {row['data_type']} | {row['description']} |" for row in rest]
        parts.append("\n".join(["| column | type | what it holds |", "|---|---|---|", *lines]) + "\n")
    return "\n".join(parts)


def _rows_of(view: View) -> list[tuple[str, str, str | None, int, str | None, str]]:
    about = f"{view.question[0].upper()}{view.question[1:]} {view.grain}"
    columns = [
        ("mart", view.name, column.name, place, column.data_type, column.description)
        for place, column in enumerate(view.columns, start=1)
    ]
    return [("mart", view.name, None, 0, None, about), *columns]
