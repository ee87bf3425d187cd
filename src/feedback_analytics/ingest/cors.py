"""Which pages may send votes (CORS): all, or those of listed origins, compared whole."""

from __future__ import annotations

from feedback_analytics.contract import Reason
from feedback_analytics.ingest.asgi import Headers
from feedback_analytics.ingest.refusals import RefusedRequest

PREFLIGHT_SECONDS = 7200
# How long a browser remembers the answer to a preflight; Chromium takes no more.

_PREFLIGHT: Headers = (
    (b"access-control-allow-methods", b"POST"),
    (b"access-control-allow-headers", b"content-type, content-encoding"),
    (b"access-control-max-age", b"%d" % PREFLIGHT_SECONDS),
)
_EXPOSED = (b"access-control-expose-headers", b"retry-after")
ANY_ORIGIN: Headers = ((b"access-control-allow-origin", b"*"),)


class Cors:
    """The rule for one installation; allowed_origins is `*` or a comma-separated list such as https://news.example."""

    def __init__(self, allowed_origins: str) -> None:
        origins = {origin.strip().rstrip("/").encode() for origin in allowed_origins.split(",")}
        self._allowed = None if b"*" in origins else origins

    def headers(self, origin: bytes | None) -> Headers:
        """The headers that let a page of this origin read the answer; none for an origin that is not allowed."""
        if self._allowed is None:
            return (*ANY_ORIGIN, _EXPOSED)
        vary = (b"vary", b"origin")
        if origin is None or origin not in self._allowed:
            return (vary,)
        return ((b"access-control-allow-origin", origin), vary, _EXPOSED)

    def preflight_headers(self, origin: bytes | None) -> Headers:
        return (*self.headers(origin), *_PREFLIGHT)

    def refuse_other_origin(self, origin: bytes | None) -> None:
        """Browsers send simple requests without asking; so an origin that is not listed is refused here (403)."""
        if self._allowed is not None and origin is not None and origin not in self._allowed:
            detail = "Pages of this origin may not send votes here; see the setting ingest.allowed_origins."
            raise RefusedRequest(403, Reason.origin_refused, detail, field="Origin")
