"""The reader widget: the script and the stylesheet that a publisher's pages load.

The files are served without their comment lines and indentation, gzipped where the browser takes it, and revalidated
by ETag. What counts as the widget's size is `/widget.js` as it travels, gzipped: at most 3,000 bytes. `/widget.css`,
which the script loads, travels beside it.

    files = widget_files()
    answer = files["/widget.js"].answer(accept_encoding="gzip", if_none_match="")
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from importlib.resources import files

CACHE_SECONDS = 300
# Short, since pages name the script without a version: an update reaches every reader within five minutes.


@dataclass(frozen=True, slots=True)
class WidgetAnswer:
    """An HTTP answer: status, headers in lower case, body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class WidgetFile:
    """One file as it travels: plain and gzipped bytes, and the ETag of the plain ones."""

    media_type: str
    plain: bytes
    gzipped: bytes
    etag: str

    def answer(self, accept_encoding: str, if_none_match: str) -> WidgetAnswer:
        """What a GET with these two request headers (empty when absent) is answered: 200 or 304.

        Any page of any origin may load the file, also one that asks for cross-origin isolation.
        """
        headers: tuple[tuple[str, str], ...] = (
            ("etag", self.etag),
            ("cache-control", f"public, max-age={CACHE_SECONDS}"),
            ("vary", "accept-encoding"),
            ("access-control-allow-origin", "*"),
            ("cross-origin-resource-policy", "cross-origin"),
            ("x-content-type-options", "nosniff"),
        )
        if self.etag in if_none_match:
            return WidgetAnswer(304, headers, b"")
        headers += (("content-type", self.media_type),)
        if "gzip" in accept_encoding.lower():
            return WidgetAnswer(200, (*headers, ("content-encoding", "gzip")), self.gzipped)
        return WidgetAnswer(200, headers, self.plain)


def widget_files() -> dict[str, WidgetFile]:
    """The widget's files by the path they are served under."""
    return {
        "/widget.js": _read("widget.js", "text/javascript; charset=utf-8"),
        "/widget.css": _read("widget.css", "text/css; charset=utf-8"),
    }


def _read(name: str, media_type: str) -> WidgetFile:
    source = files(__package__).joinpath(name).read_text(encoding="utf-8")
    plain = _without_comment_lines(source).encode()
    etag = f'"{hashlib.blake2b(plain, digest_size=9).hexdigest()}"'
    return WidgetFile(media_type, plain, gzip.compress(plain, 9, mtime=0), etag)


def _without_comment_lines(source: str) -> str:
    """The source without indentation, empty lines and lines that are wholly a comment.

    Both files are written for this: no text or template runs over a line's end, no comment over two lines of CSS.
    """
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/*")))
