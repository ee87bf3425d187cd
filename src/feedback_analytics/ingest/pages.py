"""The answers that never change while the service runs: the contract's files, the page /docs, the widget."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import partial

from feedback_analytics.contract import reference_files
from feedback_analytics.ingest.asgi import Answer, Headers
from feedback_analytics.ingest.docs_page import CONTENT_SECURITY_POLICY, docs_page
from feedback_analytics.ingest.widget import WidgetFile, widget_files

Page = Callable[[Mapping[bytes, bytes]], Answer]
# From a GET request's headers to its answer.


def static_pages() -> dict[str, Page]:
    """The pages by path."""
    files = reference_files()
    page_headers: Headers = (
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    )
    pages: dict[str, Page] = {"/docs": _fixed(docs_page(json.loads(files["openapi.json"])), page_headers)}
    for path, content in files.items():
        media_type = b"application/schema+json" if path.startswith("schemas/") else b"application/json"
        pages[f"/{path}"] = _fixed(content, ((b"content-type", media_type), (b"access-control-allow-origin", b"*")))
    for path, file in widget_files().items():
        pages[path] = partial(_widget, file)
    return pages


def _fixed(body: bytes, headers: Headers) -> Page:
    etag = f'"{hashlib.blake2b(body, digest_size=9).hexdigest()}"'.encode()
    headers = (
        (b"etag", etag),
        (b"cache-control", b"no-cache"),
        (b"x-content-type-options", b"nosniff"),
        *headers,
    )

    def page(request_headers: Mapping[bytes, bytes]) -> Answer:
        is_known = etag in request_headers.get(b"if-none-match", b"")
        return Answer(304, headers, b"") if is_known else Answer(200, headers, body)

    return page


def _widget(file: WidgetFile, request_headers: Mapping[bytes, bytes]) -> Answer:
    accept_encoding, if_none_match = (
        request_headers.get(name, b"").decode("latin-1") for name in (b"accept-encoding", b"if-none-match")
    )
    answer = file.answer(accept_encoding, if_none_match)
    headers = tuple((name.encode(), value.encode()) for name, value in answer.headers)
    return Answer(answer.status, headers, answer.body)
