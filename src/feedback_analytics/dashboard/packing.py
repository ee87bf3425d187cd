"""Packing: scripts and styles of the pages travel compressed, and are compressed once.

Plotly alone has 4.8 MB, and 1.5 MB compressed; Dash serves it as it is.
"""

from __future__ import annotations

import asyncio
import gzip

from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEPT_PATHS = ("/_dash-component-suites/", "/assets/")
"""Below these the same address always has the same content, as it names its version."""
PLAIN_PATHS = ("/v1/", "/demo")
"""Below these answers go as they are: those of the API have tags by which they are asked for again."""
LEAST_BYTES = 1_000
# Of an answer that is worth it.
SENDS_PATHS = "http.response.pathsend"
QUICK, SMALL = 6, 9
# Levels of gzip: 100 kB in 3 ms, for an answer made for one visitor; and the smallest, for what is made once.


class Packing:
    """An ASGI application around that of the pages, which sends what they are made of as gzip to whoever takes it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(PLAIN_PATHS) or not _takes_gzip(scope):
            await self._app(scope, receive, send)
            return
        # Else a server that can send a file by its path would be told to, and there would be no body to pack.
        extensions = {name: told for name, told in scope.get("extensions", {}).items() if name != SENDS_PATHS}
        await self._app({**scope, "extensions": extensions}, receive, _Packed(self._kept, scope, send).send)


def _takes_gzip(scope: Scope) -> bool:
    values = (value for name, value in scope["headers"] if name.lower() == b"accept-encoding")
    return any(b"gzip" in value for value in values)


class _Packed:
    """Collects an answer and sends it packed."""

    def __init__(self, kept: dict[str, bytes], scope: Scope, send: Send) -> None:
        self._kept, self._send = kept, send
        self._is_kept = scope["method"] == "GET" and scope["path"].startswith(KEPT_PATHS)
        self._address = f"{scope['path']}?{scope['query_string'].decode('latin-1')}"
        self._start: Message = {}
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._finish(bytes(self._body))

    async def _finish(self, body: bytes) -> None:
        headers = [(name, value) for name, value in self._start["headers"] if name.lower() != b"content-length"]
        is_plain = not any(name.lower() == b"content-encoding" for name, _ in headers)
        if self._start["status"] == 200 and len(body) >= LEAST_BYTES and is_plain:
            body = await self._packed(body)
            headers += [(b"content-encoding", b"gzip"), (b"vary", b"accept-encoding")]
        headers.append((b"content-length", str(len(body)).encode()))
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    async def _packed(self, body: bytes) -> bytes:
        if not self._is_kept:
            return gzip.compress(body, QUICK)
        key = f"{self._address} {len(body)}"
        if key not in self._kept:
            self._kept[key] = await asyncio.to_thread(gzip.compress, body, SMALL)
        return self._kept[key]
