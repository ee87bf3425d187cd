"""What is refused over HTTP, with which status, reason and field; and that the service stays well."""

from __future__ import annotations

import gzip
import json
import socket
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from feedback_analytics.contract import reader_key
from tests.support.builders import SECRET, a_vote
from tests.support.ingest import HttpAnswer, RunningIngest, running_ingest

BATCH = "application/cloudevents-batch+json"
NDJSON = "application/x-ndjson"
BAD_EVENTS = sorted((Path(__file__).parents[1] / "data" / "events" / "bad").glob("*.json"))
ONLY_IN_THE_LOG = {"reader-key-in-capitals", "reader-key-with-blanks", "reader-key-too-short"}
MIB = 2**20


@pytest.fixture
def ingest(tmp_path: Path) -> Iterator[RunningIngest]:
    with running_ingest(tmp_path) as running:
        yield running


def as_json(event: Any) -> bytes:
    return json.dumps(event).encode()


def assert_refused(answer: HttpAnswer, status: int, reason: str, field: str = "") -> None:
    """A problem document (RFC 9457) whose first error is this one."""
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert problem["status"] == status
    assert {"type", "title", "detail", "server_time"} <= problem.keys()
    assert (problem["errors"][0]["reason"], problem["errors"][0]["field"]) == (reason, field)


def verdict_of(file: Path) -> tuple[str, str]:
    for line in (file.parent / "verdicts.txt").read_text().splitlines():
        if line.startswith(f"{file.name}: "):
            reason, field, _ = line.removeprefix(f"{file.name}: ").split(" | ", 2)
            return reason, field.replace("-", "")
    raise AssertionError(f"no verdict on {file.name}")


@pytest.mark.parametrize("file", BAD_EVENTS, ids=lambda file: file.stem)
def test_a_bad_event_is_refused_with_the_contracts_reason_and_field(ingest: RunningIngest, file: Path) -> None:
    raw = file.read_bytes()
    answer = ingest.post(raw)
    if not raw:
        assert_refused(answer, 400, "no_events")
        return
    reason, field = verdict_of(file)
    status = {"not_json": 400, "bad_utf8": 400, "too_deep": 400, "too_large": 413}.get(reason, 422)
    assert_refused(answer, status, reason, field)
    assert [result["status"] for result in answer.json["results"]] == ["refused"]
    assert ingest.records() == []


def test_a_reader_key_is_refused_over_http(ingest: RunningIngest) -> None:
    vote = a_vote(reader_key=reader_key(SECRET, "r1").hex())
    del vote["data"]["reader_id"]
    assert_refused(ingest.post(as_json(vote)), 422, "reader_key_refused", "data.reader_key")


def test_a_vote_is_refused_when_its_clock_is_ahead(ingest: RunningIngest) -> None:
    now = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    ingest.clock = lambda: now
    just_right, ahead = now + timedelta(minutes=5), now + timedelta(minutes=5, milliseconds=1)
    assert ingest.post(as_json(a_vote(at=just_right))).status == 202
    answer = ingest.post(as_json(a_vote(at=ahead)))
    assert_refused(answer, 422, "clock_ahead", "time")
    assert answer.json["server_time"] == "2026-11-24T08:30:00.000Z"


def test_when_all_events_of_a_batch_are_bad_each_is_told_why(ingest: RunningIngest) -> None:
    answer = ingest.post(as_json([a_vote(vote="yes"), a_vote(article="")]), BATCH)
    assert answer.status == 422
    reasons = [(error["index"], error["reason"], error["field"]) for error in answer.json["errors"]]
    assert reasons == [(0, "unknown_value", "data.vote"), (1, "empty", "data.article_id")]
    assert [result["reason"] for result in answer.json["results"]] == ["unknown_value", "empty"]


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"", "application/cloudevents+json", "no_events"),
        (b" \n ", "text/plain", "no_events"),
        (b"[]", BATCH, "no_events"),
        (b"\n\r\n \n", NDJSON, "no_events"),
        (as_json([a_vote()])[:-1], BATCH, "not_json"),
        (as_json(a_vote()), BATCH, "not_json"),
        (b"[" * 5000 + b"]" * 5000, BATCH, "too_deep"),
    ],
)
def test_a_body_without_events_is_refused(ingest: RunningIngest, body: bytes, content_type: str, reason: str) -> None:
    assert_refused(ingest.post(body, content_type), 400, reason)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "application/xml",
        "text/plain; charset=latin-1",
        "multipart/form-data",
        "json",
    ],
)
def test_another_media_type_is_refused_naming_those_that_are_taken(ingest: RunningIngest, content_type: str) -> None:
    answer = ingest.post(as_json(a_vote()), content_type)
    assert_refused(answer, 415, "unsupported_media", "Content-Type")
    assert "application/cloudevents+json" in answer.json["detail"]
    assert "application/x-ndjson" in answer.headers["accept"]


def test_another_content_encoding_is_refused_naming_gzip(ingest: RunningIngest) -> None:
    answer = ingest.post(b"...", NDJSON, content_encoding="br")
    assert_refused(answer, 415, "unsupported_media", "Content-Encoding")
    assert "gzip" in answer.headers["accept-encoding"]


@pytest.mark.parametrize(
    "packed",
    [b"not gzip at all", gzip.compress(as_json(a_vote()))[:-9], zlib.compress(as_json(a_vote())), b""],
    ids=["plain", "cut off", "zlib", "empty"],
)
def test_a_body_that_does_not_unpack_is_refused(ingest: RunningIngest, packed: bytes) -> None:
    assert_refused(ingest.post(packed, NDJSON, content_encoding="gzip"), 400, "bad_encoding", "Content-Encoding")


def test_millions_of_empty_gzip_members_are_refused(ingest: RunningIngest) -> None:
    packed = gzip.compress(b"") * 100_000
    assert_refused(ingest.post(packed, NDJSON, content_encoding="gzip"), 400, "bad_encoding", "Content-Encoding")


@pytest.mark.parametrize("announced", [True, False], ids=["with its length", "in chunks"])
def test_a_body_past_the_limit_is_refused_before_it_is_read_whole(ingest: RunningIngest, announced: bool) -> None:
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1024):
            sent += 1
            yield b"x" * MIB

    headers = {"content_length": str(1024 * MIB)} if announced else {}
    answer = ingest.post(pieces(), NDJSON, **headers)
    assert_refused(answer, 413, "too_large")
    assert sent < 100


def test_a_gzip_bomb_is_refused_as_too_large(ingest: RunningIngest) -> None:
    bomb = gzip.compress(b"\n" * (512 * MIB))
    assert_refused(ingest.post(bomb, NDJSON, content_encoding="gzip"), 413, "too_large")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"1\n" * 5001, NDJSON),
        (b"[" + b"1," * 5000 + b"1]", BATCH),
        (b"[" + b"1," * 2_500_000 + b"1]", BATCH),
    ],
    ids=["lines", "array", "millions"],
)
def test_too_many_events_are_refused(ingest: RunningIngest, body: bytes, content_type: str) -> None:
    assert_refused(ingest.post(body, content_type), 413, "too_many")


def test_as_many_events_as_allowed_are_taken_and_one_more_is_not(tmp_path: Path) -> None:
    with running_ingest(tmp_path, {"ingest.max_events": 3, "ingest.max_body_bytes": 2000}) as ingest:
        assert ingest.post(as_json([a_vote()] * 3), BATCH).json["accepted"] == 3
        assert_refused(ingest.post(as_json([a_vote()] * 4), BATCH), 413, "too_many")
        assert_refused(ingest.post(as_json(a_vote(locale="x" * 2000))), 413, "too_large")


def test_one_event_may_be_as_large_as_allowed_and_no_larger(tmp_path: Path) -> None:
    with running_ingest(tmp_path, {"ingest.max_event_bytes": 1000}) as ingest:
        vote = as_json(a_vote())
        assert ingest.post(vote + b" " * (1000 - len(vote))).status == 202
        assert_refused(ingest.post(vote + b" " * (1001 - len(vote))), 413, "too_large")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_another_method_is_answered_with_the_ones_allowed(ingest: RunningIngest, method: str) -> None:
    answer = ingest.request(method, "/v1/events")
    assert (answer.status, answer.headers["allow"]) == (405, "POST, OPTIONS")


def test_a_body_that_ends_too_early_is_refused(ingest: RunningIngest) -> None:
    with socket.create_connection(("127.0.0.1", ingest.port), timeout=10) as connection:
        connection.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + as_json(a_vote()))
        connection.shutdown(socket.SHUT_WR)
        assert b'"reason":"incomplete"' in connection.recv(10_000)
    assert ingest.records() == []


def test_a_client_that_goes_away_leaves_nothing_behind(ingest: RunningIngest) -> None:
    with socket.create_connection(("127.0.0.1", ingest.port)) as connection:
        connection.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + as_json(a_vote()))
    assert ingest.post(as_json(a_vote())).status == 202
    assert len(ingest.records()) == 1


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x01\x02\x03\r\n\r\n",
        b"POST /v1/events HTTP/9.9\r\n\r\n",
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\n" + b"X-Header: y\r\n" * 10_000 + b"\r\n",
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nX-Long: " + b"y" * 2_000_000 + b"\r\n\r\n",
    ],
    ids=["binary", "version", "negative", "two lengths", "chunk size", "many headers", "long header"],
)
def test_malformed_http_is_turned_away_and_the_next_client_is_served(ingest: RunningIngest, garbage: bytes) -> None:
    with socket.create_connection(("127.0.0.1", ingest.port), timeout=10) as connection:
        try:
            connection.sendall(garbage)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(1000)
        except OSError:  # the server has closed the connection already
            answer = b""
    assert answer[9:10] in (b"", b"4")
    assert ingest.post(as_json(a_vote())).status == 202
