"""The read API: answers of analytics over HTTP, and the forms in which answers leave the house.

    add_api(server, shared, now=utc_now)
    as_csv(answer_table(lake.question("ranking"), lake.ask("ranking")))

Computes nothing of its own and changes nothing. The command line and exports write JSON and CSV by the same functions.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI
from starlette.routing import Route

from feedback_analytics.analytics import SharedLake
from feedback_analytics.api.app import ReadApi
from feedback_analytics.api.describing import default_text
from feedback_analytics.api.forms import (
    answer_document,
    answer_table,
    as_csv,
    as_json,
    told_with,
    without_formulas,
)
from feedback_analytics.api.openapi import reference_files

__all__ = [
    "add_api",
    "answer_document",
    "answer_table",
    "as_csv",
    "as_json",
    "default_text",
    "reference_files",
    "told_with",
    "without_formulas",
]


def add_api(server: FastAPI, shared: SharedLake, *, now: Callable[[], datetime]) -> None:
    """Answer `/v1/questions`, `/v1/articles` and `/openapi-read.json` on the server; the rest below `/v1/` is 404."""
    api = ReadApi(shared, reference_files()["openapi-read.json"], now=now)
    for path in ("/v1/{rest:path}", "/openapi-read.json"):
        server.router.routes.append(Route(path, api, include_in_schema=False))
