"""POST /v1/events: read the request, call admission, append, answer.

1. Refuse an origin that may not send, a media type we do not take, a body past its limits.
2. Cut the body into events and admit each; a bad one does not spoil the good ones.
3. Append the admitted ones, together with those of other requests, and wait until they are durable.
4. Answer for each event by its place in the request.

An event is accepted when the log holds it on disk, and not before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import msgspec
import structlog
from prometheus_client import Counter

from feedback_analytics.contract import (
    AcceptedEvent,
    EventResult,
    EventsAnswer,
    Reason,
    RefusedEvent,
    plain_problem,
)
from feedback_analytics.errors import LogError
from feedback_analytics.ingest.admission import Admitted, Refusal, admit_all
from feedback_analytics.ingest.appending import GroupAppender
from feedback_analytics.ingest.asgi import Answer, Receive, Scope
from feedback_analytics.ingest.body import read_body
from feedback_analytics.ingest.cors import Cors
from feedback_analytics.ingest.framing import framing_of
from feedback_analytics.ingest.outgoing import Outgoing
from feedback_analytics.ingest.problems import PROBLEM_JSON, none_taken, refused_request
from feedback_analytics.ingest.refusals import RefusedRequest
from feedback_analytics.log import EventLog, Place
from feedback_analytics.settings import IngestSettings
from feedback_analytics.telemetry import Metrics

JSON = (b"content-type", b"application/json")
FALLBACK_RETRY_SECONDS = 5.0
# When the log cannot say when it will take events again.

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ONE_ACCEPTED = (
    '{"accepted":1,"refused":0,"server_time":"%s","results":'
    '[{"status":"accepted","index":0,"topic":"%s","partition":%d,"offset":%d}]}'
)
# The commonest answer, as _encode would write it, at a sixth of the cost.
_encode = msgspec.json.Encoder().encode


def clock_text(now: datetime) -> str:
    """A time as answers show it: RFC 3339, UTC, milliseconds."""
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class EventsEndpoint:
    """The hot route; a small ASGI application of its own."""

    def __init__(
        self, settings: IngestSettings, log: EventLog, secret: bytes, metrics: Metrics, now: Callable[[], datetime]
    ) -> None:
        self._settings, self._metrics, self._now = settings, metrics, now
        self._cors = Cors(settings.allowed_origins)
        self._appender = GroupAppender(log, metrics, self._admit, Outgoing(log, secret).records_of, self._time)
        self._requests: dict[int, Counter] = {}
        self._say = structlog.get_logger("ingest")
        self._log_takes = True

    async def __call__(self, scope: Scope, receive: Receive) -> Answer:
        """The answer to a request."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        origin = headers.get(b"origin")
        if scope["method"] == "OPTIONS":
            return Answer(204, self._cors.preflight_headers(origin), b"")
        try:
            status, own_headers, body = await self._take(scope["method"], headers, receive)
        except RefusedRequest as refused:
            self._metrics.events_refused.labels(refused.reason).inc()
            status, own_headers = refused.status, (PROBLEM_JSON, *refused.headers)
            body = refused_request(refused, self._time())
        self._count_request(status)
        return Answer(status, (*own_headers, *self._cors.headers(origin)), body)

    async def _take(self, method: str, headers: Mapping[bytes, bytes], receive: Receive) -> Answer:
        if method != "POST":
            problem = plain_problem(HTTPStatus.METHOD_NOT_ALLOWED, "Events are sent by POST.", self._time())
            return Answer(405, (PROBLEM_JSON, (b"allow", b"POST, OPTIONS")), problem)
        self._cors.refuse_other_origin(headers.get(b"origin"))
        cut = framing_of(headers.get(b"content-type", b""))
        body = await read_body(headers, receive, self._settings.max_body_bytes)
        self._metrics.request_bytes.inc(len(body))
        raws = cut(body, self._settings.max_events)
        if not raws:
            raise RefusedRequest(400, Reason.no_events, "The body holds no event.")
        try:
            places, refusals, server_time = await self._appender.append(raws)
        except LogError as error:
            raise self._not_taken(error) from error
        self._note_that_the_log_takes()
        if len(raws) == 1 and places:
            return Answer(202, (JSON,), _one_accepted(places[0], server_time))
        if not places:
            status, problem = none_taken(_refused_events(refusals), self._time())
            return Answer(status, (PROBLEM_JSON,), problem)
        document = EventsAnswer(
            accepted=len(places),
            refused=len(refusals),
            server_time=server_time,
            results=_in_order_of_request(places, refusals),
        )
        return Answer(202, (JSON,), _encode(document))

    def _admit(self, raws: Sequence[bytes]) -> Admitted:
        arrived_at = (self._now() - _EPOCH) // _MICROSECOND
        return admit_all(raws, arrived_at, self._settings.max_event_bytes)

    def _not_taken(self, error: LogError) -> RefusedRequest:
        if self._log_takes:
            self._say.warning("events_not_taken", error=str(error))
        self._log_takes = False
        retry_after = math.ceil(error.retry_after_seconds or FALLBACK_RETRY_SECONDS)
        return RefusedRequest(
            503,
            Reason.busy,
            "The log cannot take events at the moment. Send the same bytes again later.",
            headers=((b"retry-after", b"%d" % retry_after),),
        )

    def _note_that_the_log_takes(self) -> None:
        if not self._log_takes:
            self._say.info("events_taken_again")
            self._log_takes = True

    def _count_request(self, status: int) -> None:
        """The counter of a status is looked up once: that costs three times as much as to count."""
        counter = self._requests.get(status)
        if counter is None:
            counter = self._requests[status] = self._metrics.requests.labels(status)
        counter.inc()

    def _time(self) -> str:
        return clock_text(self._now())


def _one_accepted(place: Place, server_time: str) -> bytes:
    return (_ONE_ACCEPTED % (server_time, place.topic, place.partition, place.offset)).encode()


def _in_order_of_request(places: Sequence[Place], refusals: Mapping[int, Refusal]) -> list[EventResult]:
    taken = iter(places)
    refused = {one.index: one for one in _refused_events(refusals)}
    return [
        refused[index] if index in refused else _accepted_event(index, next(taken))
        for index in range(len(places) + len(refusals))
    ]


def _accepted_event(index: int, place: Place) -> AcceptedEvent:
    return AcceptedEvent(index=index, topic=place.topic, partition=place.partition, offset=place.offset)


def _refused_events(refusals: Mapping[int, Refusal]) -> list[RefusedEvent]:
    return [
        RefusedEvent(index=index, reason=refusal.reason, field=refusal.field, detail=refusal.detail)
        for index, refusal in sorted(refusals.items())
    ]
