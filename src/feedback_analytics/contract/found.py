"""What stood where something else was expected, in the words of the contract and never with a reader's id."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from feedback_analytics.contract.reasons import Reason
from feedback_analytics.errors import ContractError

_LONGEST_SHOWN = 60
# Characters of a value; enough to recognise it, too few to carry a document into logs and answers.
_READER = re.compile(r"reader", re.IGNORECASE)

_PATH = re.compile(r" - at `\$\.?(.*)`$")
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_LENGTH = re.compile(r"Expected `(?:str|array)(?: \| null)?` of length (<=|>=) (\d+)")
_RANGE = re.compile(r"Expected `int(?: \| null)?` (<=|>=) (-?\d+)")
_TYPE = re.compile(r"Expected `(.+?)`, got `.+?`")
_MISSING = re.compile(r"Object missing required field `(.+?)`")
_WORDS = {"str": "text", "int": "a whole number", "bool": "true or false", "object": "an object", "array": "an array"}
_ALLOWED = {
    "specversion": '"1.0"',
    "vote": "useful, not_useful or retracted",
    "kind": "whats_happening, why_its_important, whats_next, beyond_the_headlines or other",
}


def describe(field: str, value: Any) -> str:
    """A value as an error may show it: short and in ASCII; of a reader's id only its length."""
    match value:
        case str() if _READER.search(field):
            return f"a text of {len(value)} characters"
        case str() if len(value) > _LONGEST_SHOWN:
            return f"{json.dumps(value[:_LONGEST_SHOWN])}... ({len(value)} characters)"
        case dict():
            return "an object"
        case list():
            return f"an array of {len(value)}"
        case _ if _READER.search(field):
            return "no text"
        case _:
            return json.dumps(value)


def explain(error: msgspec.ValidationError, tree: Any) -> ContractError:
    """The decoder's error with reason, field, expected and found; tree is the same event decoded without types."""
    text = str(error)
    path = match[1] if (match := _PATH.search(text)) else ""
    if match := _MISSING.match(text):
        return ContractError(Reason.missing_field, f"{path}.{match[1]}".lstrip("."), "this field", "nothing")
    value = _at(tree, path)
    if path == "data.reader_key" and isinstance(value, str):
        return ContractError(Reason.bad_reader_key, path, "32 lower-case hex digits", describe(path, value))
    found = describe(path, value)
    if match := _LENGTH.match(text):
        if match[1] == ">=":
            return ContractError(Reason.empty, path, "a text that is not empty", found)
        noun = "items" if isinstance(value, list) else "characters"
        return ContractError(Reason.too_long, path, f"at most {match[2]} {noun}", found)
    if match := _RANGE.match(text):
        words = "at least" if match[1] == ">=" else "at most"
        return ContractError(Reason.out_of_range, path, f"a whole number of {words} {match[2]}", found)
    allowed = _ALLOWED.get(path.rpartition(".")[2])
    if match := _TYPE.match(text):
        types = " or ".join(_WORDS.get(word, word) for word in match[1].split(" | "))
        return ContractError(Reason.wrong_type, path, allowed or types, found)
    return ContractError(Reason.unknown_value, path, allowed or "a value of the contract", found)


def _at(tree: Any, path: str) -> Any:
    """The value at the path; of fields with one name the tree holds the last, the decoder may have met the first."""
    try:
        for index, name in _STEP.findall(path):
            tree = tree[int(index)] if index else tree[name]
    except (LookupError, TypeError):
        return None
    return tree
