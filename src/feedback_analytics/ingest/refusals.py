"""A refused request as an exception of this room: raised where the cause is seen, answered in one place."""

from __future__ import annotations

from feedback_analytics.contract import Reason

Headers = tuple[tuple[bytes, bytes], ...]


class RefusedRequest(Exception):
    """The whole request is refused with an HTTP status; field is a header's name, or empty."""

    def __init__(self, status: int, reason: Reason, detail: str, *, field: str = "", headers: Headers = ()) -> None:
        self.status, self.reason, self.detail, self.field, self.headers = status, reason, detail, field, headers
        super().__init__(detail)
