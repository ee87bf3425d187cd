"""The read routes as one ASGI application: questions, articles, badges.

Answers are worked out in threads, a few at a time; a request that would wait behind too many is told to come back.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

import msgspec
import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from feedback_analytics.analytics import Lake, Look, Question, SharedLake
from feedback_analytics.api.accepting import FORMATS, chosen_format
from feedback_analytics.api.article import article_counts, article_document, is_known
from feedback_analytics.api.badge import badge, badge_text
from feedback_analytics.api.describing import described
from feedback_analytics.api.forms import (
    answer_document,
    answer_table,
    as_arrow,
    as_csv,
    as_json,
    as_parquet,
    plain,
    told_with,
)
from feedback_analytics.api.pages import cursor_after, read_page
from feedback_analytics.api.refusals import Refused, refused_query
from feedback_analytics.contract import plain_problem
from feedback_analytics.errors import FeedbackError, QueryError, QueryTimeout

MOST_QUERY_BYTES = 8 * 1024
# Of the query string; a cursor over 250 partitions has 3,000.
AT_ONCE = 2
# Answers worked out at the same time: a question already uses all the cores that the reader may use.
MOST_WAITING = 32
# Requests that may wait for their turn.
BADGE_SECONDS = 60
# A badge may be that old: pages of a whole site show them.

_OF_ANSWERS = {"cache-control": "private, no-cache", "x-content-type-options": "nosniff"}
_FOR_ANY_SITE = {
    "cache-control": f"public, max-age={BADGE_SECONDS}",
    "x-content-type-options": "nosniff",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
}
_ARTICLES, _BADGE, _QUESTIONS = "/v1/articles/", "/badge.svg", "/v1/questions"


Make = Callable[[], tuple[bytes, str, dict[str, str]]]
# Makes an answer: its body, its media type, headers of its own.


class ReadApi:
    """`/v1/questions`, `/v1/questions/NAME`, `/v1/articles/ID`, `/v1/articles/ID/badge.svg`, and 404 for the rest."""

    def __init__(self, shared: SharedLake, document: bytes, *, now: Callable[[], datetime]) -> None:
        self._lake, self._shared, self._document, self._now = shared.lake, shared, document, now
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._log = structlog.get_logger("api")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(scope)
        if scope["method"] == "HEAD":
            response.body = b""  # content-length stays as of the whole answer
        await response(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        """The last door: a refusal becomes a problem document; of a defect the operator sees the trace."""
        try:
            if scope["method"] not in ("GET", "HEAD"):
                raise Refused(405, f"{scope['path']} is read by GET.", {"allow": "GET, HEAD"})
            return await self._in_turn(scope["path"], _query_of(scope), _headers_of(scope))
        except Refused as refused:
            return self._problem(refused.status, refused.detail, refused.headers)
        except QueryTimeout as error:
            return self._problem(503, str(error))
        except QueryError as error:
            return self._problem(400, str(error))
        except FeedbackError as error:
            return self._problem(503, str(error), {"retry-after": "1"})
        except Exception:
            self._log.exception("request_failed", path=scope["path"])
            return self._problem(500, "The service failed; its log says how.")

    async def _in_turn(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Response:
        if self._waiting >= MOST_WAITING:
            raise Refused(503, "Too many questions wait for their answer; ask again.", {"retry-after": "1"})
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(self._route, path, query, headers)
        finally:
            self._waiting -= 1

    def _route(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Response:
        if path == "/openapi-read.json":
            return _fresh(headers, _digest(self._document), lambda: (self._document, "application/json", {}))
        if path == _QUESTIONS:
            listed = as_json({"questions": [described(question) for question in self._lake.questions]})
            return _fresh(headers, _digest(listed), lambda: (listed, "application/json", {}))
        if path.startswith(f"{_QUESTIONS}/"):
            return self._question(path.removeprefix(f"{_QUESTIONS}/"), query, headers)
        if path.startswith(_ARTICLES) and path.endswith(_BADGE):
            _refuse_parameters(query)
            return self._badge(path.removeprefix(_ARTICLES).removesuffix(_BADGE), headers)
        if path.startswith(_ARTICLES) and path != _ARTICLES:
            _refuse_parameters(query)
            return self._article(path.removeprefix(_ARTICLES), headers)
        raise Refused(404, "There is nothing at this path; /v1/questions lists what can be asked.")

    def _question(self, name: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Response:
        question = _question_at(self._lake, name)
        form = chosen_format(query.get("format"), headers.get("accept", "*/*"))
        asked = [name, form, *(f"{key}={value}" for key, value in sorted(query.items()))]
        # The days of a period that is not given end with today.
        today = self._now().astimezone(ZoneInfo(self._lake.time_zone)).date()

        def make() -> tuple[bytes, str, dict[str, str]]:
            page = read_page(name, query)
            answer = self._lake.ask(name, **page.asked)
            told, end = told_with(answer), page.first + page.limit
            rows = answer_table(question, answer.iloc[page.first : end])
            shown = {"feedback-as-of": told["as_of"] or "", "feedback-positions": told["positions"], "vary": "accept"}
            if told["notes"]:
                shown["feedback-notes"] = " ".join(told["notes"])
            link = None
            if end < len(answer):
                known = {parameter.name for parameter in question.parameters}
                onward = {"cursor": cursor_after(page, told, known), "limit": page.limit, "format": form}
                link = f"{_QUESTIONS}/{name}?{urlencode(onward)}"
                shown["link"] = f'<{link}>; rel="next"'
            match form:
                case "csv":
                    body = as_csv(rows)
                case "arrow":
                    body = as_arrow(rows.replace_schema_metadata({"feedback": msgspec.json.encode(told)}))
                case "parquet":
                    body = as_parquet(rows.replace_schema_metadata({"feedback": msgspec.json.encode(told)}))
                case _:
                    body = as_json({**answer_document(question, answer, rows), "next": link})
            return body, FORMATS[form], shown

        return self._of_snapshot(headers, [*asked, str(today)], make)

    def _article(self, article_id: str, headers: Mapping[str, str]) -> Response:
        def make(look: Look) -> tuple[bytes, str, dict[str, str]]:
            document = article_document(look, article_id)
            if document is None:
                raise _unknown(article_id)
            return as_json(document), FORMATS["json"], {}

        return self._of_look(headers, ["article", article_id], make)

    def _badge(self, article_id: str, headers: Mapping[str, str]) -> Response:
        def make(look: Look) -> tuple[bytes, str, dict[str, str]]:
            counts = article_counts(look, article_id)
            if counts is None and not is_known(look, article_id):
                raise _unknown(article_id)
            return badge(badge_text(counts)), "image/svg+xml", {}

        return self._of_look(headers, ["badge", article_id], make, _FOR_ANY_SITE)

    def _of_look(
        self,
        headers: Mapping[str, str],
        asked: list[str],
        make: Callable[[Look], tuple[bytes, str, dict[str, str]]],
        shown: Mapping[str, str] = _OF_ANSWERS,
    ) -> Response:
        """The answer from the state that all visitors look at, or 304 when the client has that of the same state."""
        with self._shared.look() as look:
            tag = _digest("\0".join([str(look.snapshot_id), look.time_zone, *asked]).encode())
            return _fresh(headers, tag, lambda: make(look), shown)

    def _of_snapshot(self, headers: Mapping[str, str], asked: list[str], make: Make) -> Response:
        """The answer, or 304 when the client has that of the same snapshot.

        A store that moves while the answer is made leaves open which state it shows; then it carries no tag.
        """
        before = self._lake.snapshot_id()
        tag = _digest("\0".join([str(before), self._lake.time_zone, *asked]).encode())
        response = _fresh(headers, tag, make)
        if response.status_code == 200 and self._lake.snapshot_id() != before:
            del response.headers["etag"]
        return response

    def _problem(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
        server_time = plain(self._now().replace(microsecond=0))
        body = plain_problem(HTTPStatus(status), detail, server_time)
        shown = {"cache-control": "no-store", **(headers or {})}
        return Response(body, status, shown, "application/problem+json")


def _fresh(headers: Mapping[str, str], tag: str, make: Make, always: Mapping[str, str] = _OF_ANSWERS) -> Response:
    """200 with the tag, or 304 when If-None-Match names it (compared weakly, as RFC 9110 asks)."""
    etag = f'"{tag}"'
    given = [one.strip().removeprefix("W/") for one in headers.get("if-none-match", "").split(",")]
    shared = {"etag": etag, **always}
    if etag in given:
        return Response(None, 304, shared)
    body, media_type, shown = make()
    return Response(body, 200, {**shared, **shown}, media_type)


def _unknown(article_id: str) -> Refused:
    detail = f"No article {article_id[:200]!r} was announced or voted on. /v1/questions/ranking lists those."
    return Refused(404, detail)


def _question_at(lake: Lake, name: str) -> Question:
    try:
        return lake.question(name)
    except QueryError as error:
        raise Refused(404, str(error)) from error


def _query_of(scope: Scope) -> dict[str, str]:
    """The parameters of the request. Raises Refused when they are too long, repeated or no text."""
    raw: bytes = scope["query_string"]
    if len(raw) > MOST_QUERY_BYTES:
        raise Refused(414, f"The query string has {len(raw):,} bytes; at most {MOST_QUERY_BYTES:,} are read.")
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise refused_query("The query string is not percent-encoded UTF-8.") from None
    names = [name for name, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise refused_query(f"{twice[0][:60]!r} is given twice; each parameter is given once.")
    return dict(pairs)


def _headers_of(scope: Scope) -> dict[str, str]:
    """Headers by lower-case name; the values of one that comes several times are joined."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _refuse_parameters(query: Mapping[str, str]) -> None:
    if query:
        raise refused_query(f"This path takes no parameters; {next(iter(query))[:60]!r} was given.")


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=12).hexdigest()
