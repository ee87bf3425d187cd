"""What the service answers to events sent over HTTP, as types: the OpenAPI file is generated from them too."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from feedback_analytics.contract.reasons import Reason


class AcceptedEvent(Struct, frozen=True, gc=False, kw_only=True, tag_field="status", tag="accepted"):
    """The log holds the event on disk, at this place."""

    index: Annotated[int, Meta(ge=0, description="Place of the event in the request, from 0.")]
    topic: str
    partition: Annotated[int, Meta(ge=0)]
    offset: Annotated[int, Meta(ge=0)]


class RefusedEvent(Struct, frozen=True, gc=False, kw_only=True, tag_field="status", tag="refused"):
    """The event was not taken. Unless the reason is `clock_ahead`, the same bytes will be refused again."""

    index: Annotated[int, Meta(ge=0, description="Place of the event in the request, from 0.")]
    reason: Reason
    field: Annotated[str, Meta(description="Path of the field at fault, such as `data.vote`; empty: the whole event.")]
    detail: Annotated[str, Meta(description="What was expected and what was found.")]


EventResult = AcceptedEvent | RefusedEvent


class EventsAnswer(Struct, frozen=True, kw_only=True):
    """Some of the events were taken: each has its result, in the order of the request."""

    accepted: Annotated[int, Meta(ge=0)]
    refused: Annotated[int, Meta(ge=0)]
    server_time: Annotated[str, Meta(extra_json_schema={"format": "date-time"}, description="The service's clock.")]
    results: list[EventResult]


class ProblemError(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was wrong."""

    index: Annotated[int, Meta(ge=0)] | UnsetType = UNSET
    reason: Reason
    field: str
    detail: str


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Nothing of the request was taken, and why (RFC 9457, `application/problem+json`)."""

    type: Annotated[str, Meta(description="Where the problem is explained, relative to the service.")]
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: str
    server_time: Annotated[str, Meta(extra_json_schema={"format": "date-time"}, description="The service's clock.")]
    errors: list[ProblemError]
    accepted: int | UnsetType = UNSET
    refused: int | UnsetType = UNSET
    results: Annotated[
        list[RefusedEvent] | UnsetType, Meta(description="With status 422: the result of each event.")
    ] = UNSET


def plain_problem(status: HTTPStatus, detail: str, server_time: str) -> bytes:
    """A problem document that its status and one sentence say all about, such as a path that does not exist."""
    problem = Problem(
        type="about:blank", title=status.phrase, status=status, detail=detail, server_time=server_time, errors=[]
    )
    return msgspec.json.encode(problem)
