"""The socket the service listens on, and the server that answers on it.

The socket is opened before the server and outlives it: while the web part is restarted, connections wait instead of
being refused, and a busy port is found out at once.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

import uvloop
from granian.constants import Interfaces
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.server.embed import Server

from feedback_analytics.errors import SettingsError

BACKLOG = 1024
SWITCH_SECONDS = 0.0005
# Longest wait of the log's and the server's own threads for the interpreter. Python's default, 5 ms, is the time of
# several appends.
GC_OBJECTS = (10_000, 50, 20)
# Requests leave no cycles behind; Python's default looks for some every 700 objects.


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises SettingsError with the remedy when that cannot be."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {host} port {port}: {error.strerror or error}. "
            "End what listens there, or choose another address with --host and --port (port 0 takes a free one)."
        ) from error
    return listener


def address_of(listener: socket.socket) -> str:
    """The URL at which a browser on this machine reaches it."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _ServerOnSocket(Server):
    """granian's embedded server on a socket that is listening already, where its own would bind one."""

    def __init__(self, app: Any, listener: socket.socket) -> None:
        super().__init__(app, interface=Interfaces.ASGI, backlog=BACKLOG, log_enabled=False, websockets=False)
        self._listener = listener

    def _init_shared_socket(self) -> None:
        mine: Any = self  # granian leaves these without types
        # granian closes what it is given; the listener is closed by whoever opened it.
        mine._sfd = os.dup(self._listener.fileno())
        mine._shd = SocketHolder(mine._sfd, False, BACKLOG)  # type: ignore[call-arg]
        mine._ssp = None


def serve_until_told(app: Any, listener: socket.socket, on_stop: Callable[[], None] = lambda: None) -> None:
    """Answer requests with the ASGI app until SIGTERM or SIGINT; requests that have begun are answered first.

    The process is taken to be there for this alone: its interpreter is tuned for it.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*GC_OBJECTS)

    async def serve() -> None:
        server: Any = _ServerOnSocket(app, listener)
        loop = asyncio.get_running_loop()

        def stop() -> None:
            on_stop()
            server.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        await server.serve()

    uvloop.run(serve())
