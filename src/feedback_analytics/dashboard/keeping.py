"""Keeping: what a person does on a page, a marked moment, a saved view, a replay, on its way into store or log.

Taken only as JSON from a page of ours: no other site's page may send that without being allowed to, and none is.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from feedback_analytics.analytics import Kind, Parameter
from feedback_analytics.contract import Reason
from feedback_analytics.errors import FeedbackError, QueryError

ANNOTATIONS_PATH, VIEWS_PATH, REPLAYS_PATH = "/dashboard/annotations", "/dashboard/views", "/dashboard/replays"
MOST_BYTES = 16_000
MOST_NOTE, MOST_NAME = 280, 80
"""Characters of a note, and of a view's name."""

What = Literal["annotation", "view"]
Keep = Callable[[What, Mapping[str, Any]], None]
"""Writes it durably and returns when it is written. Raises FeedbackError."""

Replay = Callable[[str], str]
"""Sends the dead letters of a reason through the log again; what came of it. Raises FeedbackError."""

_MOMENT = Parameter("marked_at", Kind.MOMENT, "The moment that is marked.")


def add_keeping(server: FastAPI, keep: Keep, replay: Replay, zone: ZoneInfo) -> None:
    """The addresses to which the pages send what a person does."""

    async def annotations(request: Request) -> JSONResponse:
        return await _kept(request, lambda told: keep("annotation", read_annotation(told, zone)))

    async def views(request: Request) -> JSONResponse:
        return await _kept(request, lambda told: keep("view", read_view(told)))

    async def replays(request: Request) -> JSONResponse:
        return await _kept(request, lambda told: replay(read_reason(told)))

    server.add_api_route(REPLAYS_PATH, replays, methods=["POST"], include_in_schema=False)
    server.add_api_route(ANNOTATIONS_PATH, annotations, methods=["POST"], include_in_schema=False)
    server.add_api_route(VIEWS_PATH, views, methods=["POST"], include_in_schema=False)


def read_annotation(told: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """The entry of an annotation. Raises QueryError with what is allowed."""
    marked_at: datetime = _MOMENT.read(told.get("marked_at") or "", zone)
    return {
        "entry_id": uuid.uuid4().hex,
        "annotation_id": _text(told, "annotation_id", 64) if told.get("annotation_id") else uuid.uuid4().hex,
        "marked_at": marked_at.astimezone(UTC).isoformat(),
        "note": _text(told, "note", MOST_NOTE),
        "article_id": _text(told, "article_id", 200) if told.get("article_id") else None,
        "is_removed": told.get("remove") == "yes",
    }


def read_view(told: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of a saved view. Raises QueryError with what is allowed."""
    address = _text(told, "address", 4_000)
    if not address.startswith("/") or address.startswith("//"):
        raise QueryError("address is that of a page here: it begins with one “/”.")
    entry = {"entry_id": uuid.uuid4().hex, "name": _text(told, "name", MOST_NAME), "address": address}
    return {**entry, "is_removed": told.get("remove") == "yes"}


def read_reason(told: Mapping[str, Any]) -> str:
    """Why the letters died that are to be sent again. Raises QueryError with the reasons that there are."""
    reason = told.get("reason")
    if reason not in list(Reason):
        raise QueryError(f"reason is one of {', '.join(Reason)}.")
    return str(reason)


def _text(told: Mapping[str, Any], name: str, most: int) -> str:
    value = told.get(name)
    text = value.strip() if isinstance(value, str) else ""
    if not 0 < len(text) <= most or any(ord(one) < 32 or "\ud800" <= one <= "\udfff" for one in text):
        raise QueryError(f"{name} is a text of 1 to {most:,} characters, without line breaks.")
    return text


async def _kept(request: Request, keep: Callable[[Mapping[str, Any]], str | None]) -> JSONResponse:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return JSONResponse({"told": "Send application/json."}, 415)
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return JSONResponse({"told": "Only pages of this service may write here."}, 403)
    body = await request.body()
    if len(body) > MOST_BYTES:
        return JSONResponse({"told": f"At most {MOST_BYTES:,} bytes are taken."}, 413)
    try:
        told = await request.json()
        if not isinstance(told, dict):
            raise QueryError("Send one JSON object.")
        done = await asyncio.to_thread(keep, told)
    except ValueError:
        return JSONResponse({"told": "That is not JSON."}, 400)
    except QueryError as error:
        return JSONResponse({"told": str(error)}, 400)
    except FeedbackError as error:
        structlog.get_logger().warning("keeping_failed", error=str(error))
        return JSONResponse({"told": "It could not be written; try again."}, 503)
    return JSONResponse({"told": done or "Written."})
