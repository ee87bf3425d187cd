"""One event, read with care: every rule of the contract, and for each broken one the field, the expected and the found.

`read_event` is the law; the columns of `codec` are a faster way to the same answer.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec
import numpy as np
from msgspec import Struct

from feedback_analytics.contract.events import (
    EVENT_TYPES,
    MAX_DEPTH,
    MAX_EVENT_BYTES,
    ArticleData,
    ArticlePublished,
    Event,
    Section,
    VoteCast,
    VoteData,
)
from feedback_analytics.contract.found import describe, explain
from feedback_analytics.contract.reasons import Reason
from feedback_analytics.contract.times import EARLIEST_US, time_us
from feedback_analytics.errors import ContractError, UnsupportedVersion

DECODERS: dict[type[Event], msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(kind) for kind in EVENT_TYPES.values()
}

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NOT_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_READER_KEY = re.compile(r"[0-9a-f]{32}")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_LONE_ESCAPE = re.compile(
    rb"(?<!\\)(?:\\\\)*(?:\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|\\u[dD][c-fC-F][0-9a-fA-F]{2})"
)
_PARTS: dict[tuple[type[Struct], str], type[Struct]] = {
    (VoteCast, "data"): VoteData,
    (ArticlePublished, "data"): ArticleData,
    (ArticleData, "sections"): Section,
}
_KNOWN_TYPES = "one of " + ", ".join(EVENT_TYPES)


class Reading(NamedTuple):
    """An event, its time in µs since 1970 UTC, and how many fields it has that the contract does not know."""

    event: Event
    occurred_at: int
    unknown_fields: int


def read_event(raw: bytes) -> Reading:
    """The event, all of its rules checked.

    Raises ContractError (UnsupportedVersion for a major version we do not know). One reason is told, the first found:
    size, UTF-8, depth, JSON, version and type, fields, characters, times, reader.
    """
    refuse_oversized(raw)
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        raise ContractError(Reason.bad_utf8, "", "UTF-8", f"byte {raw[error.start]:#04x} at {error.start}") from None
    _refuse_deep(raw)
    tree = _json(raw)
    kind = _kind(tree)
    event, unknown = _typed(kind, raw, tree)
    check_texts(event)
    occurred_at = check_times(event)
    if isinstance(event, VoteCast):
        check_reader(event)
    return Reading(event, occurred_at, unknown)


def refuse_oversized(raw: bytes) -> None:
    if len(raw) > MAX_EVENT_BYTES:
        raise ContractError(Reason.too_large, "", f"at most {MAX_EVENT_BYTES} bytes", f"{len(raw)} bytes")


def check_texts(event: Struct) -> None:
    """No control characters and no lone surrogates in any text of the contract."""
    for field, text in _texts(event, ""):
        if text.isprintable():
            continue
        if match := _NOT_TEXT.search(text):
            surrogate = _SURROGATE.match(match[0]) is not None
            reason = Reason.lone_surrogate if surrogate else Reason.control_character
            expected = "text without control characters and lone surrogates"
            raise ContractError(reason, field, expected, f"U+{ord(match[0]):04X} at {match.start()}")


def check_times(event: Event) -> int:
    """The event's time in µs since 1970 UTC; the times in its data are checked too."""
    occurred_at = _time("time", event.time)
    if occurred_at < EARLIEST_US:
        raise ContractError(Reason.out_of_range, "time", "2000-01-01T00:00:00Z or later", describe("time", event.time))
    if isinstance(event, ArticlePublished):
        if event.data.published_at is not None:
            _time("data.published_at", event.data.published_at)
        _refuse_repeated_sections(event)
    return occurred_at


def check_reader(event: VoteCast) -> None:
    """Exactly one of reader_id and reader_key, and the key well formed."""
    data = event.data
    if data.reader_key is None:
        if data.reader_id is None:
            raise ContractError(Reason.reader_missing, "data.reader_id", "a reader's id", "nothing")
        return
    if data.reader_id is not None:
        raise ContractError(Reason.reader_twice, "data.reader_key", "reader_id or reader_key", "both")
    if _READER_KEY.fullmatch(data.reader_key) is None:
        found = describe("data.reader_key", data.reader_key)
        raise ContractError(Reason.bad_reader_key, "data.reader_key", "32 lower-case hex digits", found)


def _refuse_deep(raw: bytes) -> None:
    if raw.count(b"{") + raw.count(b"[") <= MAX_DEPTH:
        return
    brackets = np.frombuffer(_STRING.sub(b"", raw).translate(None, _NOT_BRACKETS), np.uint8)
    # In ASCII the closing bracket is the opening one plus 2: [ 5B ] 5D, { 7B } 7D.
    steps = np.where((brackets & 4) == 0, 1, -1)
    depth = int(steps.cumsum().max(initial=0))
    if depth > MAX_DEPTH:
        raise ContractError(Reason.too_deep, "", f"at most {MAX_DEPTH} levels of nesting", f"{depth} levels")


def _json(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        if _LONE_ESCAPE.search(raw):
            raise ContractError(Reason.lone_surrogate, "", "whole characters", "half of a surrogate pair") from None
        if isinstance(error, msgspec.ValidationError):
            raise ContractError(Reason.out_of_range, "", "numbers that fit 64 bits", "a larger one") from None
        problem = str(error).removeprefix("JSON is malformed: ").lower()
        raise ContractError(Reason.not_json, "", "one JSON object", problem) from None


def _kind(tree: Any) -> type[Event]:
    if not isinstance(tree, dict):
        raise ContractError(Reason.wrong_type, "", "a JSON object", describe("", tree))
    version, name = tree.get("specversion"), tree.get("type")
    if isinstance(version, str) and version != "1.0":
        raise UnsupportedVersion(Reason.unsupported_version, "specversion", '"1.0"', describe("specversion", version))
    if name is None:
        raise ContractError(Reason.missing_field, "type", _KNOWN_TYPES, "nothing")
    if not isinstance(name, str):
        raise ContractError(Reason.wrong_type, "type", _KNOWN_TYPES, describe("type", name))
    if name not in EVENT_TYPES:
        stem = name.rpartition(".v")[0]
        if any(stem == known.rpartition(".v")[0] for known in EVENT_TYPES):
            raise UnsupportedVersion(Reason.unsupported_version, "type", _KNOWN_TYPES, describe("type", name))
        raise ContractError(Reason.unknown_type, "type", _KNOWN_TYPES, describe("type", name))
    return EVENT_TYPES[name]


def _typed(kind: type[Event], raw: bytes, tree: Any) -> tuple[Event, int]:
    decoder = DECODERS[kind]
    try:
        return decoder.decode(raw), 0
    except msgspec.ValidationError as error:
        if "unknown field" not in str(error):
            raise explain(error, tree) from None
    known, unknown = _without_unknown_fields(tree, kind)
    try:
        return decoder.decode(msgspec.json.encode(known)), unknown
    except msgspec.ValidationError as error:
        raise explain(error, tree) from None


def _without_unknown_fields(tree: Any, kind: type[Struct]) -> tuple[Any, int]:
    """The tree with only the fields that kind has, and how many were left out."""
    if not isinstance(tree, dict):
        return tree, 0
    known: dict[str, Any] = {}
    unknown = 0
    for name, value in tree.items():
        inner = _PARTS.get((kind, name))
        if name not in kind.__struct_fields__:
            unknown += 1
        elif inner is None:
            known[name] = value
        elif isinstance(value, list):
            cleaned = [_without_unknown_fields(item, inner) for item in value]
            known[name] = [part for part, _ in cleaned]
            unknown += sum(left_out for _, left_out in cleaned)
        else:
            known[name], left_out = _without_unknown_fields(value, inner)
            unknown += left_out
    return known, unknown


def _texts(part: Struct, path: str) -> list[tuple[str, str]]:
    texts: list[tuple[str, str]] = []
    for name in part.__struct_fields__:
        value = getattr(part, name)
        if isinstance(value, str):
            texts.append((path + name, value))
        elif isinstance(value, Struct):
            texts += _texts(value, f"{path}{name}.")
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                texts += _texts(item, f"{path}{name}[{index}].")
    return texts


def _time(field: str, text: str) -> int:
    try:
        return time_us(text)
    except ValueError:
        raise ContractError(
            Reason.bad_time, field, "RFC 3339 with zone, such as 2026-11-23T10:15:30.123Z", describe(field, text)
        ) from None


def _refuse_repeated_sections(event: ArticlePublished) -> None:
    seen: set[str] = set()
    for index, section in enumerate(event.data.sections):
        if section.id in seen:
            field = f"data.sections[{index}].id"
            raise ContractError(Reason.repeated, field, "an id of its own", describe(field, section.id))
        seen.add(section.id)
