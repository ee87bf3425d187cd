"""The tree of commands, and `main`, which runs one of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from feedback_analytics.cli import about, answers, asking, emit, moving, reporting, service, showing, telling
from feedback_analytics.cli.command import EXIT_USAGE, complain

NOUNS = (service, emit, showing, asking, telling, reporting, answers, moving, about)


def build_tree() -> typer.Typer:
    """All commands. Rooms are imported by the command that opens them, so that `feedback version` need not wait."""
    tree = typer.Typer(
        name="feedback",
        help="Count readers' votes on articles and sections, each exactly once, and ask what they say.",
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for nouns in NOUNS:
        nouns.add_to(tree)
    return tree


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `feedback` with the arguments of the process, or with these. Ends the process."""
    given = sys.argv[1:] if arguments is None else arguments
    tree = build_tree()
    try:
        code = tree(args=list(given or ["--help"]), prog_name="feedback", standalone_mode=False)
    except typer.TyperException as error:
        sys.exit(_usage(error))
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(code)


def _usage(error: typer.TyperException) -> int:
    """Say what was wrong with the command line, in one line; a group without a command shows its help."""
    context = getattr(error, "ctx", None)
    told = error.format_message()
    if context and told == context.get_help():
        print(told)
        return EXIT_USAGE
    sentence = told.replace("Value error, ", "")
    sentence += "" if sentence.endswith((".", "?")) else "."
    complain(f"{sentence} See {context.command_path if context else 'feedback'} --help.")
    return EXIT_USAGE
