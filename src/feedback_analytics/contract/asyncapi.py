"""The topics of the log as an AsyncAPI 3 document, for emitters and readers on Kafka; generated from the types."""

from __future__ import annotations

from typing import Any

from feedback_analytics.contract.examples import ARTICLE, VOTE
from feedback_analytics.contract.schemas import component_schemas
from feedback_analytics.contract.topics import ARTICLES_TOPIC, VOTES_TOPIC

_CHANNELS = {
    "votes": (
        VOTES_TOPIC,
        "VoteCast",
        "VoteData",
        "Readers' votes. Ingest writes the reader's key (16 bytes) as the record key and reader_key in place of "
        "reader_id. Records of other emitters may have any key: the worker moves them to the reader's home partition.",
        {"type": "string", "format": "binary", "description": "The reader's key, 16 bytes."},
        VOTE,
    ),
    "articles": (
        ARTICLES_TOPIC,
        "ArticlePublished",
        "ArticleData",
        "Announcements of articles. The record key is the article's id in UTF-8.",
        {"type": "string", "description": "The article's id."},
        ARTICLE,
    ),
}
_BINDING = "0.5.0"
# Version of AsyncAPI's Kafka bindings.


def asyncapi_document(version: str) -> dict[str, Any]:
    """The document; version is that of the service."""
    channels, operations, messages = {}, {}, {}
    for name, (topic, kind, data, description, key, example) in _CHANNELS.items():
        channels[name] = {
            "address": topic,
            "description": description,
            "messages": {one: {"$ref": f"#/components/messages/{one}"} for one in (kind, f"{kind}Binary")},
            "bindings": {
                "kafka": {
                    "topic": topic,
                    "topicConfiguration": {"message.timestamp.type": "LogAppendTime"},
                    "bindingVersion": _BINDING,
                }
            },
        }
        for action, summary in (("send", "Emit to"), ("receive", "Read from")):
            operations[f"{action}{kind}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{name}"},
                "summary": f"{summary} {topic}.",
                "messages": [{"$ref": f"#/channels/{name}/messages/{one}"} for one in (kind, f"{kind}Binary")],
            }
        messages[kind] = {
            "name": example["type"],
            "contentType": "application/cloudevents+json",
            "payload": {"$ref": f"#/components/schemas/{kind}"},
            "bindings": {"kafka": {"key": key, "bindingVersion": _BINDING}},
            "examples": [{"name": kind, "payload": example}],
        }
        messages[f"{kind}Binary"] = _binary(messages[kind], data, example)
    schemas = component_schemas()
    events = {name: schemas[name] for name in ("ArticleData", "ArticlePublished", "Section", "VoteCast", "VoteData")}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Feedback Analytics",
            "version": version,
            "license": {"name": "Apache-2.0"},
            "description": "Topics of the log, made by the service. Events are CloudEvents 1.0 in structured or "
            "binary mode; the service writes structured mode.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": events},
    }


def _binary(structured: dict[str, Any], data: str, example: dict[str, Any]) -> dict[str, Any]:
    """The same event in binary mode: attributes in headers, the data alone as the value."""
    attributes = {name: value for name, value in example.items() if name not in ("data", "datacontenttype")}
    needed = [f"ce_{name}" for name in ("specversion", "id", "source", "type", "time")]
    return {
        **structured,
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "properties": {f"ce_{name}": {"type": "string"} for name in attributes},
            "required": needed,
        },
        "payload": {"$ref": f"#/components/schemas/{data}"},
        "examples": [
            {
                "name": f"{data}Binary",
                "headers": {f"ce_{name}": value for name, value in attributes.items()},
                "payload": example["data"],
            }
        ],
    }
