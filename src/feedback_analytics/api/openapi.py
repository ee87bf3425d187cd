"""The OpenAPI 3.1 document of the read routes, made from the questions."""

from __future__ import annotations

import json
from importlib import metadata
from typing import Any

from feedback_analytics.analytics import QUESTIONS, Kind, Parameter, Question
from feedback_analytics.api.accepting import FORMATS
from feedback_analytics.api.describing import questions_page
from feedback_analytics.api.pages import DEFAULT_ROWS, MOST_ROWS

_UNITS: dict[str, dict[str, Any]] = {
    "count": {"type": ["integer", "null"]},
    "number": {"type": ["number", "null"]},
    "share": {"type": ["number", "null"]},
    "time": {"type": ["string", "null"], "format": "date-time"},
    "text": {"type": ["string", "null"]},
    "id": {"type": ["string", "null"]},
    "word": {"type": ["string", "null"]},
    "yes or no": {"type": ["boolean", "null"]},
}
_POSITIONS = "7f3a:feedback.articles.v1:0@3;7f3a:feedback.votes.v1:0@1234,1@1200"
_EXAMPLES: dict[str, dict[str, Any]] = {
    "kinds": {
        "question": "kinds",
        "asked": {"days": 28, "min_votes": 1},
        "as_of": "2026-11-23T10:42:07Z",
        "positions": _POSITIONS,
        "since": "2026-10-27T00:00:00Z",
        "until": "2026-11-24T00:00:00Z",
        "time_zone": "UTC",
        "notes": [],
        "columns": [{"name": "kind", "unit": "word"}, {"name": "votes", "unit": "count"}],
        "rows": [{"kind": "whats_next", "votes": 2332, "useful": 1558}],
        "next": None,
    }
}
_PROBLEM_EXAMPLE = {
    "type": "about:blank",
    "title": "Bad Request",
    "status": 400,
    "detail": "days = 'soon' is not possible: a number of days from 1 to 36,500, or all.",
    "server_time": "2026-11-23T10:42:07Z",
    "errors": [],
}
_ARTICLE_EXAMPLE = {
    "article_id": "harbour-tunnel",
    "article_version": 2,
    "title": "Harbour tunnel opens two years late",
    "counts": {"votes": 1000, "useful": 642, "useful_share": 0.642, "verdict": "worse"},
    "sections": [{"section_id": "whats-next", "heading": "What’s Next?", "votes": 332, "useful": 110}],
    "versions": [{"article_version": 1, "published_at": "2026-11-05T08:00:00Z"}],
    "as_of": "2026-11-23T10:42:07Z",
}


def reference_files() -> dict[str, bytes]:
    """The room's generated files by their path below docs/reference."""
    document = openapi_document(metadata.version("feedback-analytics"))
    return {
        "openapi-read.json": (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode(),
        "questions.md": questions_page(QUESTIONS).encode(),
    }


def openapi_document(version: str) -> dict[str, Any]:
    """The document; version is that of the service."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Feedback Analytics: read API",
            "version": version,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": (
                "What readers found useful: the answers of the dashboard, the command line and Python, over HTTP. "
                "Shares run from 0 to 1, times are UTC. Answers carry an ETag that changes with the store."
            ),
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/v1/questions": {"get": _list()},
            **{f"/v1/questions/{question.name}": {"get": _ask(question)} for question in QUESTIONS},
            "/v1/articles/{article_id}": {"get": _article()},
            "/v1/articles/{article_id}/badge.svg": {"get": _badge()},
            "/openapi-read.json": {"get": _simple("This document", "OpenAPI 3.1.", "application/json")},
        },
        "components": {"schemas": {"Problem": _problem_schema()}},
    }


def _ask(question: Question) -> dict[str, Any]:
    answer: dict[str, Any] = {"schema": _answer_schema(question)}
    if question.name in _EXAMPLES:
        answer["example"] = _EXAMPLES[question.name]
    return {
        "operationId": question.name,
        "summary": question.asks,
        "parameters": [*map(_parameter, question.parameters), *_page_parameters()],
        "responses": {
            "200": {
                "description": "A page of the answer; `next`, and the header Link, lead to the following one.",
                "headers": {
                    "ETag": {"schema": {"type": "string"}},
                    "Link": {"schema": {"type": "string"}},
                    "Feedback-As-Of": {"description": "Last commit counted.", "schema": {"type": "string"}},
                    "Feedback-Positions": {"description": "To be given as as_of.", "schema": {"type": "string"}},
                    "Feedback-Notes": {"description": "The answer's notes, if any.", "schema": {"type": "string"}},
                },
                "content": {
                    "application/json": answer,
                    "text/csv": {"schema": {"type": "string"}},
                    FORMATS["arrow"]: {"schema": {"type": "string", "contentEncoding": "binary"}},
                },
            },
            "304": {"description": "The store is as it was when the client got this ETag."},
            **_problems("400", "404", "406", "414", "503"),
        },
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any]
    match parameter.kind:
        case Kind.CHOICE:
            schema = {"enum": list(parameter.choices)}
        case Kind.COUNT:
            schema = {"type": "integer", "minimum": parameter.least, "maximum": parameter.most}
        case Kind.YES_NO:
            schema = {"enum": ["yes", "no"]}
        case Kind.DAYS:
            schema = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 36_500}, {"const": "all"}]}
        case _:
            schema = {"type": "string"}
    if parameter.default is not None:
        yes_no = {True: "yes", False: "no"}
        is_yes_no = parameter.kind is Kind.YES_NO
        schema["default"] = yes_no[parameter.default] if is_yes_no else parameter.default
    return {"name": parameter.name, "in": "query", "description": parameter.meaning, "schema": schema}


def _page_parameters() -> list[dict[str, Any]]:
    number = {"type": "integer", "minimum": 1, "maximum": MOST_ROWS}
    limit = {"oneOf": [number, {"const": "all"}], "default": DEFAULT_ROWS}
    cursor = "From `next` of an answer; holds the whole question, so it is given alone."
    return [
        {
            "name": "limit",
            "in": "query",
            "description": "Most rows of a page; all: the whole answer at once.",
            "schema": limit,
        },
        {"name": "cursor", "in": "query", "description": cursor, "schema": {"type": "string"}},
        {"name": "format", "in": "query", "description": "Instead of Accept.", "schema": {"enum": list(FORMATS)}},
    ]


def _answer_schema(question: Question) -> dict[str, Any]:
    row = {one.name: {**_UNITS[one.unit], "description": one.meaning} for one in question.columns}
    time, text = _UNITS["time"], {"type": "string"}
    column = {"type": "object", "required": ["name", "unit"], "properties": {"name": text, "unit": text}}
    told = {
        "question": {"const": question.name},
        "asked": {"type": "object", "description": "The parameters that were set, defaults included."},
        "as_of": {**time, "description": "Last commit counted; null in an empty store."},
        "positions": {**text, "description": "Given as as_of, the same numbers come again."},
        "since": time,
        "until": time,
        "time_zone": text,
        "notes": {"type": "array", "items": text, "description": "Sentences that a reader of the rows must know."},
        "columns": {"type": "array", "items": column},
        "rows": {"type": "array", "items": {"type": "object", "properties": row}},
        "next": {**_UNITS["text"], "description": "Where the next page is; null on the last."},
    }
    return {"type": "object", "required": list(told), "properties": told}


def _list() -> dict[str, Any]:
    return _simple("All that can be asked, with parameters and columns", "The questions.", "application/json")


def _article() -> dict[str, Any]:
    operation = _simple("One article: facts, counts, sections, versions", "The article.", "application/json")
    operation["responses"]["200"]["content"]["application/json"] = {"example": _ARTICLE_EXAMPLE}
    return _of_article(operation)


def _badge() -> dict[str, Any]:
    told = "“87 % of 412 readers found this useful”, or “too few votes to say”."
    return _of_article(_simple("What readers found, as a picture", told, "image/svg+xml"))


def _of_article(operation: dict[str, Any]) -> dict[str, Any]:
    parameter = {"name": "article_id", "in": "path", "required": True, "schema": {"type": "string"}}
    responses = {**operation["responses"], "304": {"description": "Unchanged."}, **_problems("404", "503")}
    return {**operation, "parameters": [parameter], "responses": responses}


def _simple(summary: str, description: str, media_type: str) -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": {"description": description, "content": {media_type: {}}}}}


_REFUSALS = {
    "400": "A parameter or value that is not possible; the detail says what is.",
    "404": "There is no such question or article.",
    "406": "Accept names no form that is made here.",
    "414": "The query string is longer than 8 KiB.",
    "503": "The store cannot answer now, or not in time.",
}


def _problems(*statuses: str) -> dict[str, Any]:
    return {status: _problem(status) for status in statuses}


def _problem(status: str) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Problem"}}
    if status == "400":
        content["example"] = _PROBLEM_EXAMPLE
    return {"description": _REFUSALS[status], "content": {"application/problem+json": content}}


def _problem_schema() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "Why the request was refused (RFC 9457).",
        "required": ["type", "title", "status", "detail", "server_time", "errors"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "server_time": {**text, "format": "date-time"},
            "errors": {"type": "array"},
        },
    }
