"""Pages: a long answer in parts that fit together, whatever comes into the store meanwhile.

A cursor says where the next page begins and holds the whole question: its parameters, the period as it was resolved,
and the positions that the first page was made from. So it is given alone, and every page counts the same entries.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from feedback_analytics.errors import QueryError

MOST_ROWS = 10_000
DEFAULT_ROWS = 1_000
# Of one page.
ALL_ROWS = 10**9
# Of an answer that is wanted as one file: more than any has.

BESIDE_A_CURSOR = ("cursor", "limit", "format")


class _Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    question: str
    row: int
    asked: dict[str, str]


@dataclass(frozen=True)
class Page:
    """Which rows of which question are wanted: parameters as text, the first row, the most rows."""

    asked: Mapping[str, str]
    first: int
    limit: int


def read_page(question: str, query: Mapping[str, str]) -> Page:
    """The page that a request's query names. Raises QueryError with what is allowed."""
    limit = _limit(query.get("limit"))
    if (text := query.get("cursor")) is None:
        return Page({name: value for name, value in query.items() if name not in BESIDE_A_CURSOR}, 0, limit)
    cursor = _read_cursor(text)
    if cursor.question != question:
        raise QueryError(f"the cursor is of {cursor.question}, not of {question}. Follow `next` as it stands.")
    if others := [name for name in query if name not in BESIDE_A_CURSOR]:
        raise QueryError(
            f"a cursor holds the question's parameters already; give it without {others[0][:60]!r}, "
            "only with limit and format."
        )
    return Page(cursor.asked, cursor.row, limit)


def cursor_after(page: Page, told: Mapping[str, Any], known: set[str]) -> str:
    """The cursor of the page after this one. told: as of `told_with`; known: names of the question's parameters."""
    pinned = {"as_of": told["positions"]}
    if {"since", "until"} <= known:
        pinned |= {"since": told["since"], "until": told["until"]}
    texts = {name: _text(value) for name, value in {**told["asked"], **pinned}.items() if value not in (None, "")}
    cursor = _Cursor(told["question"], page.first + page.limit, texts)
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).rstrip(b"=").decode()


def _text(value: object) -> str:
    return "yes" if value is True else "no" if value is False else str(value)


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_ROWS
    if text == "all":
        return ALL_ROWS
    if text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= MOST_ROWS:
        return int(text)
    raise QueryError(f"limit = {text[:60]!r} is not possible: a whole number from 1 to {MOST_ROWS:,}, or all.")


def _read_cursor(text: str) -> _Cursor:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        cursor = msgspec.json.decode(raw, type=_Cursor)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise QueryError("the cursor is not one that an answer gave. Follow `next` as it stands.") from None
    if cursor.row < 0:
        raise QueryError("the cursor is not one that an answer gave. Follow `next` as it stands.")
    return cursor
