"""A publisher's web site on an origin of its own: pages that a test writes, served over real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class Publisher:
    """Serves pages on a free port of 127.0.0.1; a context manager."""

    def __init__(self) -> None:
        pages: dict[str, tuple[bytes, Mapping[str, str]]] = {}
        self._pages = pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body, headers = pages.get(self.path, (b"no such page", {}))
                self.send_response(200 if self.path in pages else 404)
                for name, value in {"content-type": "text/html; charset=utf-8", **headers}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *values: object) -> None:
                """Says nothing: the test's own output is what matters."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def publish(self, path: str, html: str, headers: Mapping[str, str] | None = None) -> str:
        """Serve html at path, in place of what was there; gives the page's address."""
        self._pages[path] = (html.encode(), headers or {})
        return self.url + path

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
