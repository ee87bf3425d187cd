"""Every command explains itself: its help has an example, and the example is a command line that works."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import typer

from feedback_analytics.cli.app import build_tree
from feedback_analytics.cli.reference import helps
from tests.support.commands import feedback

EXAMPLES = re.compile(r"^ +Examples?:\n((?: +feedback .*\n| +[A-Z_]+=.*\n)+)", re.MULTILINE)
ASSIGNMENT = re.compile(r"[A-Z_]+=\S*")
COMMANDS = [(name, text) for name, text in helps() if "COMMAND [ARGS]" not in text]


@pytest.mark.parametrize(("name", "text"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_the_examples_in_the_help_of_a_command_are_of_it_and_can_be_parsed(name: str, text: str) -> None:
    found = EXAMPLES.search(text)
    assert found, f"`{name} --help` has no example"
    for example in found[1].splitlines():
        words = [word for word in shlex.split(example) if not ASSIGNMENT.fullmatch(word)]
        assert words[: len(name.split())] == name.split()
        command: Any = typer.main.get_command(build_tree())
        rest = words[1:]
        while hasattr(command, "commands"):
            command, rest = command.commands[rest[0]], rest[1:]
        command.make_context(name, rest)  # raises where the command would be refused


def test_without_a_command_the_help_is_shown() -> None:
    told = feedback()
    assert (told.code, told.error) == (0, "")
    assert "Commands:" in told.out
    group = feedback("dead-letters")
    assert (group.code, group.error) == (2, "")
    assert "replay" in group.out


def test_a_wrong_command_line_is_refused_with_what_was_meant_and_where_to_read() -> None:
    assert feedback("sqll").is_refusal("No such command 'sqll'. Did you mean 'sql'? See feedback --help.", code=2)
    assert feedback("sql", "select 1", "--prot", "1").is_refusal("No such option: --prot. See feedback sql", code=2)
    assert feedback("sql").is_refusal("Missing argument", "See feedback sql --help.", code=2)
    assert feedback("simulate", "--url", "rubbish").is_refusal("'rubbish' is no address. Write http://", code=2)
    assert feedback("simulate", "--rate", "-1").is_refusal("--rate", code=2)


def test_the_version_names_the_service_and_the_parts_it_stands_on() -> None:
    told = feedback("version")
    assert told.code == 0
    names = [line.split()[0] for line in told.out.splitlines()]
    assert names == ["feedback", "python", "faust-streaming", "duckdb", "rocksdict", "dash", "granian"]
