"""A refused request as an exception of this room: raised where the cause is seen, answered in one place."""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):
    """The request is refused with an HTTP status; the detail says what is allowed."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.detail, self.headers = status, detail, dict(headers or {})
        super().__init__(detail)


def refused_query(detail: str) -> Refused:
    """The query string is at fault."""
    return Refused(400, detail)
