"""Commands that bring events in: from files, and from simulated readers."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import msgspec
import typer

from feedback_analytics.cli.command import Given, command
from feedback_analytics.cli.lines import STDIN, refuse_missing

if TYPE_CHECKING:
    from feedback_analytics.ingest import Refusal


def add_to(tree: typer.Typer) -> None:
    command(tree, "import")(import_files)
    command(tree, "simulate")(simulate)


def import_files(
    given: Given,
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="NDJSON of CloudEvents, also .gz; - is stdin.")],
    errors: Annotated[
        Path | None, typer.Option("--errors", metavar="FILE", help="Keep refused lines here, with their reasons.")
    ] = None,
) -> None:
    """Take events from files into the log, whether the service runs or not. Importing a file again is safe.

    Ends with 0 when all that could be taken is durable; refused lines are counted by reason.

    \b
    Example:
      feedback import votes-2025.ndjson.gz --errors refused.ndjson
    """
    refuse_missing(files)
    _refuse_overwriting(errors, files)
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from feedback_analytics.cli.importing import Importer
    from feedback_analytics.cli.installation import checked_secret, now, open_topics

    settings = given.settings()
    secret = checked_secret(settings)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    shown = Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty())
    with open_topics(settings) as log, _errors_file(errors) as kept, shown:
        importer = Importer(log, secret, settings.ingest, now)
        try:
            for file in files:
                total = None if file == STDIN else Path(file).stat().st_size
                task = shown.add_task(file, total=total)
                importer.take(file, lambda read, task=task: shown.update(task, completed=read), kept)  # type: ignore[misc]
        finally:
            report = importer.report
            _print_counts(report.accepted, report.refused)


def _refuse_overwriting(errors: Path | None, files: Sequence[str]) -> None:
    """The file for refused lines is written from its beginning: it must not be one that is to be imported."""
    if errors is None or not errors.exists():
        return
    for file in files:
        if file != STDIN and errors.samefile(file):
            raise typer.BadParameter(
                f"{errors} is a file to be imported, and would be overwritten.", param_hint="--errors"
            )


@contextmanager
def _errors_file(path: Path | None) -> Iterator[_KeepInFile]:
    if path is None:
        yield _KeepInFile(None)
        return
    with path.open("wb") as file:
        yield _KeepInFile(file)


class _KeepInFile:
    """Writes refused lines as NDJSON: where each stood, why it was refused, and its bytes as they were."""

    def __init__(self, file: BinaryIO | None) -> None:
        self._file = file

    def __call__(self, file: str, line: int, raw: bytes, refusal: Refusal) -> None:
        if self._file is None:
            return
        told: dict[str, object] = {
            "file": file,
            "line": line,
            "reason": refusal.reason,
            "field": refusal.field,
            "detail": refusal.detail,
        }
        try:
            told["raw"] = raw.decode()
        except UnicodeDecodeError:
            told["raw_base64"] = base64.b64encode(raw).decode()
        self._file.write(msgspec.json.encode(told) + b"\n")


def _print_counts(accepted: int, refused: Mapping[str, int]) -> None:
    print(f"accepted {accepted}")
    print(f"refused {sum(refused.values())}")
    for reason, count in sorted(refused.items(), key=lambda pair: (-pair[1], pair[0])):
        print(f"  {reason} {count}")


def simulate(
    given: Given,
    url: Annotated[str, typer.Option("--url", metavar="URL", help="Where the service listens.")] = "",
    rate: Annotated[float, typer.Option("--rate", metavar="N", min=0.01, help="Events a second.")] = 5.0,
    seconds: Annotated[float, typer.Option("--seconds", metavar="S", min=0.0, help="How long.")] = 60.0,
    seed: Annotated[int, typer.Option("--seed", metavar="K", min=0, help="Chooses readers and their minds.")] = 1,
) -> None:
    """Publish sample articles and let plausible readers vote on them over HTTP; prints the shares they were drawn from.

    Readers change their mind, retry, come late, and now and then send nonsense.

    \b
    Example:
      feedback simulate --url http://127.0.0.1:8080 --rate 20 --seconds 60 --seed 7
    """
    from feedback_analytics.cli.installation import now
    from feedback_analytics.demo import simulate as run

    if url and not url.startswith(("http://", "https://")):
        raise typer.BadParameter(f"{url!r} is no address. Write http://HOST:PORT.", param_hint="--url")
    report = run(url or default_url(given), rate=rate, seconds=seconds, seed=seed, now=now)
    print(f"articles {report.articles}")
    for kind, count in sorted(report.sent.items()):
        print(f"sent {kind} {count}")
    _print_counts(report.answers.accepted, report.answers.refused)
    print("true shares of useful:")
    for target, share in report.true_shares.items():
        print(f"  {target.article_id} version {target.article_version} {target.section_id or '-'} {share:.3f}")


def default_url(given: Given) -> str:
    """Where a service of these settings listens on this machine."""
    settings = given.settings()
    return f"http://{settings.ingest.host}:{settings.ingest.port}"
