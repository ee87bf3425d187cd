"""Commands that ask the store: SQL, articles, the proof of the ledger, dead letters, positions, maintenance."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from feedback_analytics.cli.command import Given, command
from feedback_analytics.cli.output import as_json, console
from feedback_analytics.cli.tables import Format, RawOption, write_table
from feedback_analytics.errors import QueryError

if TYPE_CHECKING:
    from feedback_analytics.log import EventLog, OffsetRange
    from feedback_analytics.store import Reader

UNKNOWN_NAMES = ("Catalog Error", "Binder Error")
"""How DuckDB begins to say that a query names a view or column that is not there."""

FormatOption = Annotated[Format, typer.Option("--format", help="table, csv with a header line, json or parquet.")]
OutputOption = Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Write to a file, not to stdout.")]


def add_to(tree: typer.Typer) -> None:
    command(tree, "sql")(sql)
    command(tree, "articles")(articles)
    command(tree, "ledger")(ledger)
    letters = typer.Typer(help="What could not become a vote: list it, show it, send it again.", no_args_is_help=True)
    command(letters, "list")(list_letters)
    command(letters, "show")(show_letter)
    command(letters, "replay")(send_letters_again)
    tree.add_typer(letters, name="dead-letters")
    places = typer.Typer(help="Where in the log the store goes on.", no_args_is_help=True)
    command(places, "list")(list_positions)
    command(places, "accept-loss")(accept_loss)
    tree.add_typer(places, name="positions")
    upkeep = typer.Typer(help="Merge, flush, expire and clean up.", no_args_is_help=True)
    command(upkeep, "run")(run_maintenance)
    tree.add_typer(upkeep, name="maintenance")


def sql(
    given: Given,
    query: Annotated[str, typer.Argument(help="One query of DuckDB's SQL; read-only.")],
    format: FormatOption = "table",
    output: OutputOption = None,
    raw: RawOption = False,
) -> None:
    """Ask the store in SQL, read-only, while the service runs.

    \b
    Example:
      feedback sql "from mart.article_usefulness order by votes desc" --format csv
    """
    from feedback_analytics.store import open_reader

    if format == "parquet" and output is None:
        raise typer.BadParameter("parquet needs --output FILE: it is not for a terminal.", param_hint="--format")
    with open_reader(given.settings()) as reader:
        try:
            table = reader.table(query)
        except QueryError as error:
            if str(error).startswith(UNKNOWN_NAMES):
                remedy = "`from mart.data_dictionary` lists all views and columns."
                raise QueryError(f"{error} {remedy}") from error
            raise
    write_table(table, format, output, raw=raw)


def articles(given: Given, format: FormatOption = "table", output: OutputOption = None) -> None:
    """List the articles that have votes, with how useful readers find them.

    \b
    Example:
      feedback articles
    """
    sql(given, "from mart.article_usefulness order by votes desc, article_id", format, output)


def ledger(
    given: Given,
    receipts: Annotated[
        Path | None,
        typer.Option("--receipts", metavar="FILE", help="Receipts of an emitter, NDJSON."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Prove that received = stored + duplicate + dead + moved, from independent sides. Exit 1 when it does not hold.

    \b
    Example:
      feedback ledger --data data
    """
    from feedback_analytics.cli.installation import open_topics
    from feedback_analytics.store import open_reader, prove_ledger

    settings = given.settings()
    with open_reader(settings) as reader, open_topics(settings) as log:
        proof = prove_ledger(reader, log)
        missing = [] if receipts is None else _missing(receipts, reader, log)
    problems = [*proof.problems, *missing]
    if json:
        as_json({"holds": not problems, "problems": problems, "unproven": proof.unproven, "totals": proof.totals})
    else:
        shown = " + ".join(f"{proof.totals[name] or 0:,} {name}" for name in ("stored", "duplicate", "dead", "moved"))
        print(f"{proof.totals['received'] or 0:,} received = {shown}")
        for sentence in proof.unproven:
            print(f"unproven: {sentence}")
        for sentence in problems:
            print(f"does not hold: {sentence}")
        if not problems:
            print("The ledger holds.")
    if problems:
        raise typer.Exit(1)


def _missing(file: Path, reader: Reader, log: EventLog) -> list[str]:
    """What the store does not have of an emitter's receipts."""
    from feedback_analytics.store import check_receipts, read_receipts

    with file.open(encoding="utf-8", errors="replace") as lines:
        try:
            receipts = read_receipts(lines)
        except QueryError as error:
            raise QueryError(f"{file}: {error}") from error
    ranges = _ranges(log)
    in_log = [one for one in receipts if one[:2] in ranges and one[2] < ranges[one[:2]].next]
    checked = check_receipts(reader, in_log)
    lost = sorted({*receipts} - {*in_log} | {*checked.lost})
    problems = [f"{topic}[{partition}]@{offset} was accepted and is lost." for topic, partition, offset in lost]
    if waiting := checked.counts["waiting"]:
        problems.append(f"{waiting} of the accepted events still {'wait' if waiting > 1 else 'waits'} to be stored.")
    return problems


def _ranges(log: EventLog) -> Mapping[tuple[str, int], OffsetRange]:
    from feedback_analytics.cli.installation import TOPICS

    return {(topic, partition): held for topic in TOPICS for partition, held in log.ranges(topic).items()}


def list_letters(given: Given, format: FormatOption = "table") -> None:
    """List the dead letters: why, where, from whom.

    \b
    Example:
      feedback dead-letters list
    """
    sql(
        given,
        "select dead_letter_id, reason, field, expected, found, source, event_id, received_at "
        "from raw.dead_letters order by received_at, dead_letter_id",
        format,
    )


LetterArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of the dead letter, from `dead-letters list`.")]


def show_letter(given: Given, letter: LetterArgument) -> None:
    """Show one dead letter with its bytes. A reader's id in it is replaced by its key, or stays sealed.

    \b
    Example:
      feedback dead-letters show 01JD0000000000000000000000-feedback.votes.v1-0-17
    """
    from feedback_analytics.store import open_reader

    with open_reader(given.settings()) as reader:
        found = reader.table("from raw.dead_letters where dead_letter_id = ?", [letter]).to_pylist()
    if not found:
        raise QueryError(f"there is no dead letter {letter}. `feedback dead-letters list` names them all.")
    row = found[0]
    payload = "(sealed: it may hold a reader's id)" if row["is_sealed"] else row["payload"].decode(errors="replace")
    as_json({name: str(value) for name, value in {**row, "payload": payload}.items()})


def send_letters_again(
    given: Given,
    letters: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids; none: all.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Only those that died for this reason.")] = None,
) -> None:
    """Send dead letters through the log again. Those that are still no events are reported and stay.

    \b
    Example:
      feedback dead-letters replay --reason unknown_type
    """
    from feedback_analytics.cli.installation import open_topics
    from feedback_analytics.cli.replaying import replay_letters
    from feedback_analytics.store import open_reader

    _refuse_unknown_reason(reason)
    settings = given.settings()
    with open_reader(settings) as reader, open_topics(settings) as log:
        done = replay_letters(settings, reader, log, letters=letters or (), reason=reason)
    print(f"{len(done.sent)} sent again, {len(done.still_dead)} still dead")
    for letter, error in done.still_dead.items():
        print(f"{letter}: {error}")


def _refuse_unknown_reason(reason: str | None) -> None:
    from feedback_analytics.contract import Reason

    if reason is None or reason in list(Reason):
        return
    near = difflib.get_close_matches(reason, list(Reason), n=1)
    remedy = f"Did you mean {near[0]}?" if near else "`feedback dead-letters list` shows the reasons there are."
    raise typer.BadParameter(f"{reason!r} is no reason. {remedy}", param_hint="--reason")


def list_positions(given: Given, json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """List the next offset of each partition in the store, who owns it, and what the log holds.

    \b
    Example:
      feedback positions list
    """
    from feedback_analytics.cli.installation import open_topics
    from feedback_analytics.store import open_reader

    settings = given.settings()
    with open_reader(settings) as reader, open_topics(settings) as log:
        positions = reader.positions()
        ranges = _ranges(log)
        rows = []
        for one in sorted(positions, key=lambda p: (p.topic, p.partition)):
            held = ranges.get((one.topic, one.partition))
            is_this_log = held is not None and log.log_id(one.topic) == one.log_id
            rows.append(
                {
                    "topic": one.topic,
                    "partition": one.partition,
                    "worker": one.worker,
                    "next_offset": one.next_offset,
                    "log_earliest": held.earliest if held and is_this_log else None,
                    "log_next": held.next if held and is_this_log else None,
                    "lag_records": held.next - one.next_offset if held and is_this_log else None,
                }
            )
    if json:
        as_json(rows)
        return
    shown = Table()
    for name in ("topic", "partition", "worker", "next_offset", "log_earliest", "log_next", "lag_records"):
        shown.add_column(name)
    missing = {"worker": "nobody"}
    for row in rows:
        shown.add_row(
            *(missing.get(name, "another log") if value is None else str(value) for name, value in row.items())
        )
    console().print(shown)


def accept_loss(
    given: Given,
    topic: Annotated[str, typer.Argument(metavar="TOPIC")],
    partition: Annotated[int, typer.Argument(metavar="PARTITION")],
) -> None:
    """Accept that records of a partition are lost: the store goes on where the log goes on.

    \b
    Example:
      feedback positions accept-loss feedback.votes.v1 0
    """
    from feedback_analytics.cli.installation import now, open_topics
    from feedback_analytics.store import JobKind, open_reader, run_job

    settings = given.settings()
    with open_reader(settings) as reader, open_topics(settings) as log:
        ranges = log.ranges(topic)
        if partition not in ranges:
            raise QueryError(f"{topic} has partitions 0 to {len(ranges) - 1}; there is no {partition}.")
        held = ranges[partition]
        for one in reader.positions():
            is_it = (one.log_id, one.topic, one.partition) == (log.log_id(topic), topic, partition)
            if is_it and held.earliest <= one.next_offset <= held.next:
                raise QueryError(
                    f"nothing of {topic}[{partition}] is lost: the store goes on at {one.next_offset}, and the log "
                    f"holds {held.earliest} to {held.next}. `feedback positions list` shows all partitions."
                )
        arguments = {
            "log_id": log.log_id(topic),
            "topic": topic,
            "partition": partition,
            "offset": held.earliest,
        }
    job = run_job(settings, JobKind.ACCEPT_LOSS, arguments, now=now)
    print(job.told)


def run_maintenance(given: Given) -> None:
    """Merge small files, flush inlined rows, expire old snapshots, clean up. The worker does it between its commits.

    \b
    Example:
      feedback maintenance run
    """
    from feedback_analytics.cli.installation import now
    from feedback_analytics.store import JobKind, run_job

    def tell_progress(told: str) -> None:
        print(told, file=sys.stderr)

    job = run_job(given.settings(), JobKind.MAINTENANCE, {}, now=now, on_progress=tell_progress)
    print(job.told)
