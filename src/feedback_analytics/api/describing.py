"""The questions described: for programs as an object, for people as a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from feedback_analytics.analytics import COMMON, Column, Parameter, Question

INTRODUCTION = """# Questions

All that can be asked, generated from the questions themselves by `make docs`. Each is reached the same way everywhere:

| from | how |
|---|---|
| the command line | `feedback ask ranking --of sections --days 90` |
| Python | `feedback_analytics.connect("data").ask("ranking", of="sections", days=90)` |
| HTTP | `GET /v1/questions/ranking?of=sections&days=90` |

A share runs from 0 to 1; times are UTC; a period holds its first moment and not its last. Days and weeks are those of
the setting `analytics.time_zone`. An answer names the positions of the log that it was made from: given back as `as_of`
they give the same numbers again, whatever has come since.
"""


def described(question: Question) -> dict[str, Any]:
    """The question as an object: name, sentence, parameters with what each may be, columns with units."""
    return {
        "name": question.name,
        "asks": question.asks,
        "parameters": [_described(parameter) for parameter in question.parameters],
        "columns": [{"name": one.name, "unit": one.unit, "meaning": one.meaning} for one in question.columns],
    }


def questions_page(questions: Iterable[Question]) -> str:
    """All questions as a page in Markdown; the filters that they share are told once."""
    listed = list(questions)
    parts = [INTRODUCTION, "## Filters\n\nTaken by most questions; each question names those it takes.\n"]
    parts.append(_parameter_table(COMMON))
    for question in listed:
        parts.append(_section(question))
    return "\n".join(parts)


def _section(question: Question) -> str:
    shared = [f"`{one.name}`" for one in question.parameters if one in COMMON]
    own = [one for one in question.parameters if one not in COMMON]
    told = [f"## {question.name}\n\n{question.asks}\n"]
    if own:
        told.append(_parameter_table(own))
    if shared:
        told.append(f"Filters: {', '.join(shared)}.\n")
    told.append(_column_table(question.columns))
    return "\n".join(told)


def _described(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "meaning": parameter.meaning,
        "kind": parameter.kind.value,
        "allowed": parameter.allowed,
        "default": parameter.default,
    }


def _parameter_table(parameters: Iterable[Parameter]) -> str:
    lines = [f"| `{one.name}` | {one.meaning} | {one.allowed} | {default_text(one)} |" for one in parameters]
    return "\n".join(["| parameter | what it does | allowed | default |", "|---|---|---|---|", *lines]) + "\n"


def _column_table(columns: Iterable[Column]) -> str:
    lines = [f"| `{one.name}` | {one.unit} | {one.meaning} |" for one in columns]
    return "\n".join(["| column | unit | what it holds |", "|---|---|---|", *lines]) + "\n"


def default_text(parameter: Parameter) -> str:
    """The default as it would be given; empty when there is none."""
    match parameter.default:
        case None:
            return ""
        case bool(value):
            return "yes" if value else "no"
        case value:
            return str(value)
