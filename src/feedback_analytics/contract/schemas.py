"""JSON Schema (2020-12) of the events and answers, generated from the types.

What the decoder checks beyond the types is added: texts without control characters, RFC 3339 times, exactly one
name for the reader. Unknown fields are allowed, as the contract ignores them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from feedback_analytics.contract.answers import EventsAnswer, Problem
from feedback_analytics.contract.events import EVENT_TYPES, ArticlePublished, VoteCast
from feedback_analytics.contract.times import RFC3339

JsonSchema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NO_CONTROL_CHARACTERS = r"^[^\u0000-\u001f\u007f-\u009f]*$"

_TIME = f"^{RFC3339}$"
_EVENT_PARTS = {"VoteCast", "VoteData", "ArticlePublished", "ArticleData", "Section"}


def component_schemas() -> dict[str, JsonSchema]:
    """Schema by name of every type that travels over HTTP; they refer to each other as OpenAPI's components do."""
    _, components = msgspec.json.schema_components(
        [VoteCast, ArticlePublished, EventsAnswer, Problem], ref_template="#/components/schemas/{name}"
    )
    return {name: _completed(name, schema) for name, schema in sorted(components.items())}


def event_schemas() -> dict[str, JsonSchema]:
    """By event type a schema document that stands alone."""
    documents = {}
    for event_type, kind in EVENT_TYPES.items():
        (root,), components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
        definitions = {name: _completed(name, schema) for name, schema in sorted(components.items())}
        documents[event_type] = {
            "$schema": DIALECT,
            "$id": f"urn:feedback-analytics:schema:{event_type}",
            **definitions.pop(root["$ref"].rpartition("/")[2]),
            "$defs": definitions,
        }
    return documents


def _completed(name: str, schema: JsonSchema) -> JsonSchema:
    schema = _everywhere(_without_closing, schema)
    if name in _EVENT_PARTS:
        schema = _everywhere(_with_text_rules, schema)
    if name == "VoteData":
        readers = ("reader_id", "reader_key")
        schema["oneOf"] = [{"required": [reader], "properties": {reader: {"type": "string"}}} for reader in readers]
    return schema


def _everywhere(change: Callable[[JsonSchema], JsonSchema], schema: Any) -> Any:
    if isinstance(schema, dict):
        return change({key: _everywhere(change, value) for key, value in schema.items()})
    if isinstance(schema, list):
        return [_everywhere(change, value) for value in schema]
    return schema


def _without_closing(schema: JsonSchema) -> JsonSchema:
    if schema.get("additionalProperties") is False:
        del schema["additionalProperties"]
    if isinstance(schema.get("description"), str):
        schema["description"] = re.sub(r"\s*\n\s*", " ", schema["description"])
    return schema


def _with_text_rules(schema: JsonSchema) -> JsonSchema:
    if schema.get("format") == "date-time":
        return {**schema, "pattern": _TIME}
    if schema.get("type") == "string" and "pattern" not in schema:
        return {**schema, "pattern": NO_CONTROL_CHARACTERS}
    return schema
