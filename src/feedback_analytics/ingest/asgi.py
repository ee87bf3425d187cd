"""The few names of ASGI 3 that the room speaks: raw, since a framework costs as much as the rest of a request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

Headers = tuple[tuple[bytes, bytes], ...]


class Answer(NamedTuple):
    """A whole HTTP answer; the content length is added when it is sent."""

    status: int
    headers: Headers
    body: bytes

    async def send(self, send: Send, *, head_only: bool = False) -> None:
        """head_only leaves the body out and keeps its length, as HEAD asks."""
        length = (b"content-length", b"%d" % len(self.body))
        await send({"type": "http.response.start", "status": self.status, "headers": [*self.headers, length]})
        await send({"type": "http.response.body", "body": b"" if head_only else self.body})
