"""The command that tells what fell: each drop once, kept in the store."""

from __future__ import annotations

import sys
import uuid
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from feedback_analytics.cli.asking import parameter_values, write_answer
from feedback_analytics.cli.command import Given, command

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from feedback_analytics.settings import Settings
    from feedback_analytics.store import DropNote

TARGET = ("family", "article_id", "section_id", "topic")


def add_to(tree: typer.Typer) -> None:
    drops = typer.Typer(help="What fell: tell each drop once.", no_args_is_help=True)
    # As with `ask`, the options are the parameters of the question.
    command(drops, "tell", context={"ignore_unknown_options": True})(tell)
    tree.add_typer(drops, name="drops")


def tell(
    given: Given,
    parameters: Annotated[
        list[str] | None,
        typer.Argument(metavar="[--PARAMETER VALUE]...", help="Parameters of the question drops, but as_of."),
    ] = None,
    format: Annotated[Literal["table", "csv", "json"], typer.Option("--format", help="How it is written.")] = "table",
) -> None:
    """Tell what fell and was not told before, and note it in the store: a second run tells nothing.

    Told again is only what has clearly recovered and fallen anew. Other limits, or other readers, are another watch,
    which tells for itself. Noted first, then told: should the output get lost, `from mart.told_drops` shows it.

    Exit code 0 with news and without. Without, a sentence on stderr says so, and no row is written.

    \b
    Examples:
      feedback drops tell
      feedback drops tell --window-days 3 --topic Cities --format json
    """
    from feedback_analytics.analytics import Lake, question_named, rows_about
    from feedback_analytics.store import open_reader

    values = parameter_values(parameters or [])
    if "as_of" in values:
        raise typer.BadParameter(
            "what is told is what is known now. `feedback ask drops --as-of ...` shows an earlier state.",
            param_hint="--as-of",
        )
    settings = given.settings()
    with Lake(open_reader(settings), time_zone=settings.analytics.time_zone) as lake:
        answer = lake.ask("drops", **values)
    noted = note_drops(settings, answer.attrs["to_note"], uuid.uuid4().hex)
    news = rows_about(answer, noted["told"])
    if len(news) or format != "table":
        write_answer(question_named("drops"), news, format)
    if not len(news):
        print(_no_news(answer, len(noted["recovered"])), file=sys.stderr)


def note_drops(settings: Settings, notes: Sequence[DropNote], telling_id: str) -> dict[str, set[tuple[object, ...]]]:
    """Have the notes written; the targets of which this telling noted that they were told, and have recovered.

    Another telling at the same time may have been first; then that one tells.
    """
    import msgspec

    from feedback_analytics.cli.installation import now
    from feedback_analytics.store import JobKind, open_reader, run_job

    noted: dict[str, set[tuple[object, ...]]] = {"told": set(), "recovered": set()}
    if not notes:
        return noted
    run_job(settings, JobKind.NOTE_DROPS, {"telling_id": telling_id, "notes": msgspec.to_builtins(notes)}, now=now)
    query = "select note, family, article_id, section_id, topic from raw.drops_told where telling_id = ?"
    with open_reader(settings) as reader:
        for row in reader.table(query, [telling_id]).to_pylist():
            noted[row["note"]].add(tuple(row[name] for name in TARGET))
    return noted


def _no_news(answer: pd.DataFrame, recovered: int) -> str:
    said = ["Nothing new to tell."]
    if len(answer):
        said.append(f"Fallen, and told before: {len(answer):,}.")
    if recovered:
        said.append(f"Recovered since: {recovered:,}.")
    return " ".join([*said, *answer.attrs["notes"]])
