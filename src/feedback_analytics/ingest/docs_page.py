"""The page /docs: the HTTP interface for people, made from the OpenAPI document. Plain HTML, nothing from elsewhere."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
from typing import Any

from feedback_analytics.contract import EVENT_TYPES, Reason
from feedback_analytics.ingest.problems import NO_EVENT_TAKEN

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem 1rem 4rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; } h3 { font-size: 1rem; margin-top: 1.75rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid #8884; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid #8884; border-radius: 6px; font-size: .85rem; }
code { font-family: ui-monospace, monospace; font-size: .95em; }
tr:target, h2:target { background: #fd05; }
""".strip()

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'"
)


def docs_page(openapi: Mapping[str, Any]) -> bytes:
    """The whole page in UTF-8."""
    info, schemas = openapi["info"], openapi["components"]["schemas"]
    operations = [
        _operation(path, method, operation)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    ]
    files = ["openapi.json", "asyncapi.json", *(f"schemas/{event_type}.json" for event_type in EVENT_TYPES)]
    links = ", ".join(f'<a href="/{file}">{escape(file)}</a>' for file in files)
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}: HTTP interface</title>',
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body>',
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{escape(info['description'])}</p>",
        f"<p>For machines: {links}.</p>",
        *operations,
        "<h2>Reasons</h2>",
        f'<p id="{NO_EVENT_TAKEN}">When no event of a request was taken, <code>results</code> has one for each.</p>',
        _table(("reason", "meaning"), [(reason, reason.sentence) for reason in Reason], anchored=True),
        "<h2>Types</h2>",
        *(_schema(name, schema) for name, schema in schemas.items() if "properties" in schema),
        "</body></html>",
    ]
    return "\n".join(parts).encode()


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    parts = [f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{escape(operation['summary'])}.</p>"]
    if "description" in operation:
        parts.append(f"<p>{escape(operation['description'])}</p>")
    content = operation.get("requestBody", {}).get("content", {})
    if content:
        rows = [(media_type, _type_of(body["schema"])) for media_type, body in content.items()]
        parts.append(_table(("media type", "body"), rows))
    for body in content.values():
        for name, example in body.get("examples", {}).items():
            parts.append(f"<p>Example, {escape(name)}:</p>{_pretty(example['value'])}")
    answers = operation["responses"]
    rows = [(status, answer["description"]) for status, answer in answers.items()]
    parts.append(_table(("status", "answer"), rows))
    for answer in answers.values():
        for body in answer.get("content", {}).values():
            if "example" in body:
                parts.append(f"<p>Example:</p>{_pretty(body['example'])}")
    return "\n".join(parts)


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    rows = [
        (field, _type_of(rule) + ("" if field in required else ", optional"), rule.get("description", ""))
        for field, rule in schema["properties"].items()
    ]
    heading = f'<h3 id="{escape(name)}"><code>{escape(name)}</code></h3><p>{escape(schema.get("description", ""))}</p>'
    return heading + _table(("field", "type", "meaning"), rows)


def _type_of(rule: Mapping[str, Any]) -> str:
    """A schema in a few words; the schema files say it exactly."""
    if "$ref" in rule:
        return str(rule["$ref"]).rpartition("/")[2]
    if "anyOf" in rule:
        return " or ".join(_type_of(one) for one in rule["anyOf"] if one != {"type": "null"})
    if "enum" in rule:
        return " or ".join(json.dumps(value) for value in rule["enum"])
    if rule.get("type") == "array":
        return f"array of {_type_of(rule['items'])}"
    if rule.get("format") == "date-time":
        return "time (RFC 3339)"
    limits = [f"{word} {rule[key]}" for key, word in _LIMITS.items() if key in rule]
    return " ".join([str(rule.get("type", "any")), *limits])


_LIMITS = {"minLength": "from", "maxLength": "to", "minimum": "from", "maximum": "to"}


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, anchored: bool = False) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(
        (f'<tr id="{escape(row[0])}">' if anchored else "<tr>")
        + "".join(
            f"<td><code>{escape(cell)}</code></td>" if not at else f"<td>{escape(cell)}</td>"
            for at, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _pretty(value: Any) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False), quote=False)}</pre>"
