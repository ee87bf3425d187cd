"""What all commands share: how they are told their settings, and how they speak of errors.

An error is one line on stderr and exit code 1; wrong usage is exit code 2. `--debug` shows the trace instead.
"""

from __future__ import annotations

import inspect
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Concatenate, NoReturn, ParamSpec

import typer

from feedback_analytics.errors import FeedbackError, SettingsError
from feedback_analytics.settings import FILE_VARIABLE, Settings, read_with_sources

P = ParamSpec("P")

EXIT_ERROR = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells say it
EXIT_PIPE_CLOSED = 141  # 128 + SIGPIPE

DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Data directory, instead of FEEDBACK_DATA_DIR.")
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help=f"Settings file (TOML), instead of {FILE_VARIABLE}.")
]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the whole trace of an error.")]


@dataclass(frozen=True)
class Given:
    """What every command is given beside its own options: the data directory and the settings file."""

    data: Path | None
    config: Path | None

    def settings(self, **flags: object) -> Settings:
        """The settings in force. flags are named with `__` for the dot: `ingest__port=8080`."""
        return self.settings_with_sources(**flags)[0]

    def settings_with_sources(self, **flags: object) -> tuple[Settings, dict[str, str]]:
        """As `settings`, and where each value came from."""
        dotted = {name.replace("__", "."): value for name, value in flags.items()}
        dotted["data_dir"] = None if self.data is None else str(self.data)
        named = os.environ.get(FILE_VARIABLE)
        file = self.config or (Path(named) if named else None)
        settings, sources = read_with_sources(dotted, os.environ, file)
        if settings.data_path.exists() and not settings.data_path.is_dir():
            raise SettingsError(
                f"data_dir = {settings.data_dir!r} ({sources.get('data_dir', 'default')}) is not a folder. "
                "Point --data, or FEEDBACK_DATA_DIR, at the folder of an installation, or at a new one."
            )
        return settings, sources


def command(
    tree: typer.Typer, name: str, *, hidden: bool = False, context: dict[str, Any] | None = None
) -> Callable[[Callable[Concatenate[Given, P], None]], Callable[Concatenate[Given, P], None]]:
    """Make a command of a function whose first parameter is `given: Given`; adds --data, --config and --debug.

    context: what the parser of the command line is told beside.
    """

    def register(function: Callable[Concatenate[Given, P], None]) -> Callable[Concatenate[Given, P], None]:
        @wraps(function)
        def run(data: Path | None, config: Path | None, debug: bool, *args: P.args, **kwargs: P.kwargs) -> None:
            try:
                function(Given(data, config), *args, **kwargs)
            except (Exception, KeyboardInterrupt) as error:
                end_with(error, debug=debug)

        _, *own = inspect.signature(function, eval_str=True).parameters.values()
        run.__signature__ = inspect.Signature([*own, *_COMMON])  # type: ignore[attr-defined]  # what typer reads
        tree.command(name, hidden=hidden, context_settings=context)(run)
        return function

    return register


def end_with(error: BaseException, *, debug: bool) -> NoReturn:
    """End the process as the error deserves: one line and an exit code, or the trace."""
    if isinstance(error, KeyboardInterrupt):
        raise typer.Exit(EXIT_INTERRUPTED)
    if isinstance(error, BrokenPipeError):
        # The reader of our output has gone, as `| head` does. Nothing may be flushed to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(EXIT_PIPE_CLOSED)
    if isinstance(error, typer.Exit | typer.TyperException):
        raise error
    if debug:
        traceback.print_exception(error)
    else:
        complain(_sentence(error))
    raise typer.Exit(EXIT_ERROR)


def complain(sentence: str) -> None:
    """Say it on stderr, in one line."""
    print(f"feedback: {' '.join(sentence.split())}", file=sys.stderr)


def _sentence(error: BaseException) -> str:
    match error:
        case FeedbackError():
            return str(error)
        case OSError(strerror=str(reason), filename=file) if file is not None:
            return f"cannot use {file}: {reason}. Check the path, and that this user may read and write there."
        case OSError():
            return f"{error}."
    return f"unexpected {type(error).__name__}: {error}. Run the command again with --debug for the trace."


def _option(name: str, annotation: Any, default: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


_COMMON = (
    _option("data", DataOption, None),
    _option("config", ConfigOption, None),
    _option("debug", DebugOption, False),
)
