"""Commands that ask questions by name, and that export all views."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table

from feedback_analytics.cli.command import Given, command
from feedback_analytics.cli.output import console
from feedback_analytics.cli.tables import RawOption
from feedback_analytics.errors import QueryError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from feedback_analytics.analytics import Question

AnswerFormat = Literal["table", "csv", "json", "parquet", "html", "png", "svg"]
ExportFormat = Literal["parquet", "csv"]


def add_to(tree: typer.Typer) -> None:
    # The options of `ask` are the parameters of the question, which typer cannot know.
    command(tree, "ask", context={"ignore_unknown_options": True})(ask)
    command(tree, "export")(export)


def ask(
    given: Given,
    question: Annotated[str | None, typer.Argument(metavar="QUESTION", help="Name of the question.")] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Argument(metavar="[--PARAMETER VALUE]...", help="Parameters of the question, such as --days 90."),
    ] = None,
    list_all: Annotated[bool, typer.Option("--list", help="List all questions.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="List the question's parameters and columns.")] = False,
    format: Annotated[
        AnswerFormat, typer.Option("--format", help="How it is written; html, png, svg: a figure.")
    ] = "table",
    output: Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Write to a file.")] = None,
    raw: RawOption = False,
) -> None:
    """Ask a question by its name. The answer says how sure it is, and how to get the same answer again.

    \b
    Examples:
      feedback ask --list
      feedback ask ranking --explain
      feedback ask ranking --of sections --days 90 --min-votes 30
      feedback ask trend --topic Cities --format html --output trend.html
    """
    from feedback_analytics.analytics import QUESTIONS, Lake, question_named
    from feedback_analytics.store import open_reader

    if list_all:
        _list(QUESTIONS)
        return
    if question is None:
        raise typer.BadParameter("name a question; `feedback ask --list` shows them all.", param_hint="QUESTION")
    asked = question_named(question)
    if explain:
        _explain(asked)
        return
    if format in ("parquet", "html", "png", "svg") and output is None:
        raise typer.BadParameter(f"{format} needs --output FILE: it is not for a terminal.", param_hint="--format")
    values = parameter_values(parameters or [])
    settings = given.settings()
    with Lake(open_reader(settings), time_zone=settings.analytics.time_zone) as lake:
        answer = lake.ask(asked.name, **values)
    write_answer(asked, answer, format, output, raw=raw)


def export(
    given: Given,
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder to write; a new one, or an older export.")],
    format: Annotated[ExportFormat, typer.Option("--format", help="parquet or csv.")] = "parquet",
    raw: RawOption = False,
) -> None:
    """Write all public views to a folder, from one state of the store: votes by day, the rest a file each.

    \b
    Example:
      feedback export --to export --format csv
    """
    from feedback_analytics.cli.exporting import export_views
    from feedback_analytics.store import open_reader

    with open_reader(given.settings()) as reader:
        manifest = export_views(reader, to, format, raw=raw)
    rows = sum(view["rows"] for view in manifest["views"].values())
    print(f"{rows:,} rows of {len(manifest['views'])} views in {to}, as of {manifest['as_of'] or 'an empty store'}")


def parameter_values(given: Sequence[str]) -> dict[str, str]:
    """`--min-votes 20` or `--min-votes=20` as min_votes: 20. Raises BadParameter for what is none of both."""
    values: dict[str, str] = {}
    left = list(given)
    while left:
        option, is_joined, value = left.pop(0).partition("=")
        if not option.startswith("--"):
            raise typer.BadParameter(f"{option!r} stands alone; parameters are given as --NAME VALUE.")
        if not is_joined:
            if not left:
                raise typer.BadParameter(f"{option} needs a value.")
            value = left.pop(0)
        name = option.removeprefix("--").replace("-", "_")
        if name in values:
            raise typer.BadParameter(f"{option} is given twice.")
        values[name] = value
    return values


def _list(questions: Sequence[Question]) -> None:
    shown = Table(box=None, show_header=False)
    for question in questions:
        shown.add_row(question.name, question.asks)
    console().print(shown)


def _explain(question: Question) -> None:
    from feedback_analytics.api import default_text

    print(f"{question.name}: {question.asks}\n")
    shown = Table("parameter", "what it does", "allowed", "default")
    for one in question.parameters:
        shown.add_row(f"--{one.name.replace('_', '-')}", one.meaning, one.allowed, default_text(one))
    console().print(shown)
    shown = Table("column", "unit", "what it holds")
    for column in question.columns:
        shown.add_row(column.name, column.unit, column.meaning)
    console().print(shown)


def write_answer(
    question: Question, answer: pd.DataFrame, format: AnswerFormat, output: Path | None = None, *, raw: bool = False
) -> None:
    """Write the answer to a file, or to stdout."""
    from feedback_analytics.api import answer_document, answer_table, as_csv, as_json
    from feedback_analytics.cli.tables import write_table

    table = answer_table(question, answer)
    match format:
        case "json":
            _put(as_json(answer_document(question, answer, table)), output)
        case "csv":
            _put(as_csv(table, raw=raw), output)
        case "html":
            from feedback_analytics.dashboard import figure_page

            _put(figure_page(answer, question.asks).encode(), output)
        case "png" | "svg":
            from feedback_analytics.dashboard import figure_picture

            _put(figure_picture(answer, question.asks, format), output)
        case "table" if output is None:
            write_table(_for_people(table), "table", None)
            print("\n".join(_caption(answer)))
        case "table":
            raise QueryError("a table is for the terminal: choose csv, json, parquet, html, png or svg for a file.")
        case _:
            import msgspec

            from feedback_analytics.api import told_with

            told = msgspec.json.encode(told_with(answer))
            write_table(table.replace_schema_metadata({"feedback": told}), "parquet", output)


def _put(content: bytes, output: Path | None) -> None:
    if output is not None:
        output.write_bytes(content)
        return
    import sys

    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _for_people(table: pa.Table) -> pa.Table:
    """Without columns that are empty in every row; shares to three decimals, times to the second."""
    import pyarrow as pa

    names = [name for name in table.column_names if table[name].null_count < len(table) or not len(table)]
    columns = [pa.array([_shown(value) for value in table[name].to_pylist()], pa.string()) for name in names]
    return pa.Table.from_arrays(columns, names=names)


def _shown(value: Any) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.3f}"
        case int() | str():
            return str(value)
    return f"{value:%Y-%m-%d %H:%M:%S}Z"


def _caption(answer: pd.DataFrame) -> list[str]:
    from zoneinfo import ZoneInfo

    told = answer.attrs
    zone = ZoneInfo(told["time_zone"])
    since, until = (f"{told[name].astimezone(zone):%Y-%m-%d %H:%M}" for name in ("since", "until"))
    as_of = f"{told['as_of']:%Y-%m-%d %H:%M:%S} UTC" if told["as_of"] is not None else "an empty store"
    counted = f"{len(answer):,} {'row' if len(answer) == 1 else 'rows'}"
    lines = [f"{counted}. Period: {since} to {until} ({told['time_zone']}). As of: {as_of}.", *told["notes"]]
    if told["positions"]:
        lines.append(f"The same again: --as-of '{told['positions']}'")
    return lines
