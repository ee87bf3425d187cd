"""Refusals as problem documents (RFC 9457): what, which field, and the service's time."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from feedback_analytics.contract import Problem, ProblemError, Reason, RefusedEvent
from feedback_analytics.ingest.refusals import RefusedRequest

PROBLEM_JSON = (b"content-type", b"application/problem+json")
NO_EVENT_TAKEN = "none_taken"
# Anchor on the page /docs, as each reason is one.

_encode = msgspec.json.Encoder().encode
_UNREADABLE = {Reason.not_json, Reason.bad_utf8, Reason.too_deep}


def refused_request(refused: RefusedRequest, server_time: str) -> bytes:
    """The whole request was refused, before any of its events was looked at or because the log took none."""
    return _encode(
        Problem(
            type=f"/docs#{refused.reason}",
            title=refused.reason.sentence,
            status=refused.status,
            detail=refused.detail,
            server_time=server_time,
            errors=[ProblemError(reason=refused.reason, field=refused.field, detail=refused.detail)],
        )
    )


def none_taken(results: Sequence[RefusedEvent], server_time: str) -> tuple[int, bytes]:
    """Every event was refused: the status and the document.

    400 when none of them can be read, 413 when each is too large, else 422.
    """
    reasons = {result.reason for result in results}
    status = 400 if reasons <= _UNREADABLE else 413 if reasons == {Reason.too_large} else 422
    first = results[0]
    where = f"{first.field}: " if first.field else ""
    return status, _encode(
        Problem(
            type=f"/docs#{NO_EVENT_TAKEN}",
            title="No event of the request was taken.",
            status=status,
            detail=f"{first.reason.sentence} {where}{first.detail}.",
            server_time=server_time,
            errors=[ProblemError(index=r.index, reason=r.reason, field=r.field, detail=r.detail) for r in results],
            accepted=0,
            refused=len(results),
            results=list(results),
        )
    )
