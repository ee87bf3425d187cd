"""The guide to reading these numbers, for people who are not statisticians: one text for the docs and for the pages."""

from __future__ import annotations

from importlib import resources


def guide_text() -> str:
    """The guide, in Markdown; docs/guides/how-to-read-these-numbers.md is its copy, made by `make docs`."""
    return resources.files(__package__).joinpath("guide.txt").read_text(encoding="utf-8")
