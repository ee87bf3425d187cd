"""Pages that are built while the server already answers: until they are there, visitors see that they will be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from html import escape
from typing import Any

import structlog

from feedback_analytics.errors import FeedbackError
from feedback_analytics.ingest import App

TRY_AGAIN_SECONDS = 0.25
"""Time between two tries to build the pages."""

WAITING_PAGE = """<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><meta http-equiv="refresh" content="1"><title>feedback analytics</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 40em; margin: 15vh auto }}</style></head>
<body><h1>Starting</h1><p>Votes are taken already. This page shows them as soon as the store can be read.</p>
<p><small>{why}</small></p></body></html>
"""


class LatePages:
    """An ASGI application in front of one that `build` makes; build raises FeedbackError for as long as it cannot."""

    def __init__(self, build: Callable[[], App]) -> None:
        self._build = build
        self._pages: _Running | None = None
        self._why = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._pages is not None:
            await self._pages.app(scope, receive, send)
        elif scope["type"] == "http":
            body = WAITING_PAGE.format(why=escape(self._why)).encode()
            headers = [(b"content-type", b"text/html; charset=utf-8"), (b"retry-after", b"1")]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    async def _live(self, receive: Any, send: Any) -> None:
        """Build while the server runs; end the pages with it."""
        await receive()
        building = asyncio.create_task(self._build_them(), name="pages")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        building.cancel()
        with suppress(asyncio.CancelledError):
            await building
        if self._pages is not None:
            await self._pages.end()
        await send({"type": "lifespan.shutdown.complete"})

    async def _build_them(self) -> None:
        while True:
            try:
                pages = _Running(await asyncio.to_thread(self._build))
                break
            except FeedbackError as error:
                self._why = str(error)
                await asyncio.sleep(TRY_AGAIN_SECONDS)
        await pages.begin()
        self._pages = pages


class _Running:
    """An ASGI application and its lifespan, driven as a server drives it."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._to_app: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._from_app: asyncio.Queue[Any] = asyncio.Queue()
        self._lifespan: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        self._lifespan = asyncio.create_task(self.app(scope, self._to_app.get, self._from_app.put))  # type: ignore[arg-type]
        await self._told("startup")

    async def end(self) -> None:
        await self._told("shutdown")

    async def _told(self, moment: str) -> None:
        await self._to_app.put({"type": f"lifespan.{moment}"})
        answer = await self._from_app.get()
        if answer["type"] != f"lifespan.{moment}.complete":
            structlog.get_logger("web").error("pages_failed", moment=moment, why=answer.get("message", ""))
