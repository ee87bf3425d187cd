"""The routes of the room as one ASGI application; paths that are not its own it hands on.

Raw ASGI: on the hot route a framework would cost as much as everything else together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from http import HTTPStatus

import msgspec
import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from feedback_analytics.contract import plain_problem
from feedback_analytics.ingest.asgi import Answer, App, Receive, Scope, Send
from feedback_analytics.ingest.events import JSON, EventsEndpoint, clock_text
from feedback_analytics.ingest.pages import static_pages
from feedback_analytics.ingest.problems import PROBLEM_JSON

EVENTS_PATH = "/v1/events"

_NO_STORE = (b"cache-control", b"no-store")


class Ingest:
    """What the service says over HTTP, except for the pages that others mount behind it (`otherwise`)."""

    def __init__(
        self,
        events: EventsEndpoint,
        *,
        registry: CollectorRegistry,
        readiness: Callable[[], list[str]],
        now: Callable[[], datetime],
        otherwise: App | None,
    ) -> None:
        self._events, self._registry, self._readiness = events, registry, readiness
        self._now, self._otherwise = now, otherwise
        self._pages = static_pages()
        self._states: dict[str, Callable[[], Awaitable[Answer]]] = {
            "/healthz": self._health,
            "/readyz": self._ready,
            "/metrics": self._metrics,
        }
        self._log = structlog.get_logger("ingest")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._other_protocol(scope, receive, send)
            return
        path = scope["path"]
        if path == EVENTS_PATH:
            answer = await self._answer(self._events(scope, receive), path)
        elif path in self._pages or path in self._states:
            answer = await self._answer(self._get(scope, path), path)
        elif self._otherwise is not None:
            await self._otherwise(scope, receive, send)
            return
        else:
            answer = self._problem(HTTPStatus.NOT_FOUND, "There is nothing at this path; see /docs.")
        await answer.send(send, head_only=scope["method"] == "HEAD")

    async def _answer(self, answering: Awaitable[Answer], path: str) -> Answer:
        """The last door: of a defect the client sees only that there is one, the operator the trace."""
        try:
            return await answering
        except Exception:
            self._log.exception("request_failed", path=path)
            return self._problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The service failed; its log says how.")

    async def _get(self, scope: Scope, path: str) -> Answer:
        if scope["method"] not in ("GET", "HEAD"):
            problem = self._problem(HTTPStatus.METHOD_NOT_ALLOWED, f"{path} is read by GET.")
            return problem._replace(headers=(*problem.headers, (b"allow", b"GET, HEAD")))
        if (page := self._pages.get(path)) is not None:
            return page(dict(scope["headers"]))
        return await self._states[path]()

    async def _health(self) -> Answer:
        return _state(200, {"alive": True})

    async def _ready(self) -> Answer:
        reasons = await asyncio.to_thread(self._readiness)
        return _state(503 if reasons else 200, {"ready": not reasons, "reasons": reasons})

    async def _metrics(self) -> Answer:
        body = await asyncio.to_thread(generate_latest, self._registry)
        return Answer(200, ((b"content-type", CONTENT_TYPE_LATEST.encode()), _NO_STORE), body)

    def _problem(self, status: HTTPStatus, detail: str) -> Answer:
        return Answer(status, (PROBLEM_JSON,), plain_problem(status, detail, clock_text(self._now())))

    async def _other_protocol(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Websockets and the server's start and stop are for those behind us; alone we only confirm the latter."""
        if self._otherwise is not None:
            await self._otherwise(scope, receive, send)
        elif scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return


def _state(status: int, state: Mapping[str, object]) -> Answer:
    return Answer(status, (JSON, _NO_STORE), msgspec.json.encode(state))
