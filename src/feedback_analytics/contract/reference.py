"""The contract's generated files: JSON Schema, OpenAPI and AsyncAPI, byte for byte as committed and as served."""

from __future__ import annotations

import json
from importlib import metadata

from feedback_analytics.contract.asyncapi import asyncapi_document
from feedback_analytics.contract.openapi import openapi_document
from feedback_analytics.contract.schemas import event_schemas


def reference_files() -> dict[str, bytes]:
    """The files by their path below docs/reference, which is also the path they are served under."""
    version = metadata.version("feedback-analytics")
    documents = {
        "openapi.json": openapi_document(version),
        "asyncapi.json": asyncapi_document(version),
        **{f"schemas/{event_type}.json": schema for event_type, schema in event_schemas().items()},
    }
    return {
        path: (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
        for path, document in documents.items()
    }
