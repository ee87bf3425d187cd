"""The HTTP interface as an OpenAPI 3.1 document, generated from the types."""

from __future__ import annotations

from typing import Any

from feedback_analytics.contract.examples import ANSWER, ARTICLE, PROBLEM, VOTE
from feedback_analytics.contract.schemas import DIALECT, component_schemas

_EVENT = {"anyOf": [{"$ref": "#/components/schemas/VoteCast"}, {"$ref": "#/components/schemas/ArticlePublished"}]}
_EVENTS = {"type": "array", "items": _EVENT, "minItems": 1}
_EVENT_OR_EVENTS = {"anyOf": [_EVENT, _EVENTS]}
_EXAMPLES = {"a vote": {"value": VOTE}, "an article": {"value": ARTICLE}}

_PROBLEMS = {
    "400": "The body cannot be read: not JSON, not UTF-8, not gzip, nested too deeply, or without an event.",
    "403": "Pages of this origin may not send events here.",
    "408": "The body was not complete in time.",
    "413": "The body, an event or the number of events is larger than allowed.",
    "415": "The media type or content encoding is none that is taken; the answer names those that are.",
    "422": "No event of the request was taken; `results` tells for each one why.",
    "503": "The log cannot take events at the moment. Send the same bytes again after `Retry-After` seconds.",
}


def openapi_document(version: str) -> dict[str, Any]:
    """The document; version is that of the service."""
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DIALECT,
        "info": {
            "title": "Feedback Analytics",
            "version": version,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": (
                "Takes readers' votes on articles and their sections, and announcements of articles, as CloudEvents. "
                "An event is accepted only when the log holds it on disk; (source, id) identifies it, and sending the "
                "same bytes again counts once."
            ),
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/v1/events": {"post": _post_events()},
            "/healthz": {"get": _get("Whether the service is alive", "It is.", "application/json")},
            "/readyz": {"get": _readiness()},
            "/metrics": {"get": _get("Metrics of Prometheus", "All metrics.", "text/plain")},
            "/openapi.json": {"get": _get("This document", "OpenAPI 3.1.", "application/json")},
            "/asyncapi.json": {"get": _get("The topics of the log", "AsyncAPI 3.", "application/json")},
            "/schemas/{event_type}.json": {"get": _schema()},
            "/docs": {"get": _get("This interface, for people", "A page.", "text/html")},
            "/widget.js": {"get": _get("The reader widget", "A script.", "text/javascript")},
            "/widget.css": {"get": _get("The looks of the reader widget", "A stylesheet.", "text/css")},
        },
        "components": {"schemas": component_schemas()},
    }


def _post_events() -> dict[str, Any]:
    return {
        "operationId": "postEvents",
        "summary": "Send votes and announcements of articles",
        "description": (
            "One event, an array of events, or a line each (NDJSON); gzip is taken. At most 64 KiB an event, 5 MiB and "
            "5,000 events a request. Good events of a request are taken whatever becomes of the others."
        ),
        "requestBody": {
            "required": True,
            "content": {
                "application/cloudevents+json": {"schema": _EVENT, "examples": _EXAMPLES},
                "application/cloudevents-batch+json": {"schema": _EVENTS},
                "application/x-ndjson": {"schema": {"type": "string", "description": "An event a line."}},
                "application/json": {"schema": _EVENT_OR_EVENTS},
                "text/plain": {"schema": {"type": "string", "description": "The same JSON, as beacons send it."}},
            },
        },
        "responses": {
            "202": {
                "description": "The log holds the accepted events on disk; `results` has one entry per event.",
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/EventsAnswer"},
                        "example": ANSWER,
                    }
                },
            },
            **{status: _problem(status, text) for status, text in _PROBLEMS.items()},
        },
    }


def _problem(status: str, description: str) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Problem"}}
    if status == str(PROBLEM["status"]):
        content["example"] = PROBLEM
    response: dict[str, Any] = {"description": description, "content": {"application/problem+json": content}}
    if status == "503":
        response["headers"] = {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
        }
    return response


def _get(summary: str, description: str, media_type: str) -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": {"description": description, "content": {media_type: {}}}}}


def _readiness() -> dict[str, Any]:
    states = {"200": "Every promise is kept.", "503": "Not ready; `reasons` says which promise is not kept."}
    schema = {
        "type": "object",
        "required": ["ready", "reasons"],
        "properties": {"ready": {"type": "boolean"}, "reasons": {"type": "array", "items": {"type": "string"}}},
    }
    return {
        "summary": "Whether the service keeps its promises",
        "responses": {
            status: {"description": text, "content": {"application/json": {"schema": schema}}}
            for status, text in states.items()
        },
    }


def _schema() -> dict[str, Any]:
    operation = _get("JSON Schema of an event type", "JSON Schema 2020-12.", "application/schema+json")
    types = [VOTE["type"], ARTICLE["type"]]
    parameter = {"name": "event_type", "in": "path", "required": True, "schema": {"enum": types}}
    return {**operation, "parameters": [parameter]}
