"""Health, metrics, the contract's files, cross-origin rules, and what is handed on to others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.support.builders import a_vote
from tests.support.ingest import HttpAnswer, RunningIngest, running_ingest

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
BATCH = "application/cloudevents-batch+json"


@pytest.fixture
def ingest(tmp_path: Path) -> Iterator[RunningIngest]:
    with running_ingest(tmp_path) as running:
        yield running


def as_json(event: Any) -> bytes:
    return json.dumps(event).encode()


def test_the_service_says_that_it_is_alive(ingest: RunningIngest) -> None:
    assert ingest.request("GET", "/healthz").json == {"alive": True}


def test_readiness_names_each_promise_that_is_not_kept(ingest: RunningIngest) -> None:
    ready = ingest.request("GET", "/readyz")
    assert (ready.status, ready.json) == (200, {"ready": True, "reasons": []})
    ingest.not_ready = ["the worker is 100,000 events behind"]
    unready = ingest.request("GET", "/readyz")
    assert (unready.status, unready.json) == (503, {"ready": False, "reasons": ["the worker is 100,000 events behind"]})
    assert ingest.request("GET", "/healthz").status == 200


def test_metrics_speak_prometheus_and_hold_no_ids(ingest: RunningIngest) -> None:
    ingest.post(as_json(a_vote(reader="anna@reader.example", article="harbour-bridge")))
    answer = ingest.request("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert b"feedback_events_accepted_total 1.0" in answer.body
    assert b"anna" not in answer.body and b"harbour" not in answer.body


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/docs", "/openapi.json", "/widget.js"])
def test_a_page_is_only_read(ingest: RunningIngest, path: str) -> None:
    refused = ingest.request("POST", path, b"{}")
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")
    whole, head = ingest.request("GET", path), ingest.request("HEAD", path)
    assert head.status == whole.status and head.body == b""


def test_a_path_that_does_not_exist_is_a_problem_document(ingest: RunningIngest) -> None:
    answer = ingest.request("GET", "/v1/nothing")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "path",
    [
        "openapi.json",
        "asyncapi.json",
        "schemas/feedback.vote.cast.v1.json",
        "schemas/feedback.article.published.v1.json",
    ],
)
def test_the_contracts_files_are_served_as_committed(ingest: RunningIngest, path: str) -> None:
    answer = ingest.request("GET", f"/{path}")
    assert answer.body == (REFERENCE / path).read_bytes()
    assert answer.headers["access-control-allow-origin"] == "*"
    again = ingest.request("GET", f"/{path}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


class _Links(HTMLParser):
    """What a page loads or leads to, and the ids it has."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value for name, value in attrs if name in ("href", "src") and value]
        self.ids |= {value for name, value in attrs if name == "id" and value}


def test_the_page_for_people_needs_nothing_from_elsewhere(ingest: RunningIngest) -> None:
    page = ingest.request("GET", "/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    found = _Links()
    found.feed(page.body.decode())
    assert found.links and all(
        link.startswith("/") and ingest.request("GET", link).status == 200 for link in found.links
    )
    assert not re.search(r"<script|@import|url\(", page.body.decode())


def test_the_problem_type_leads_to_its_explanation(ingest: RunningIngest) -> None:
    found = _Links()
    found.feed(ingest.request("GET", "/docs").body.decode())
    for answer in (ingest.post(b"[]", BATCH), ingest.post(as_json(a_vote(vote="yes")))):
        page, _, anchor = answer.json["type"].partition("#")
        assert page == "/docs" and anchor in found.ids


def test_the_widget_is_served_for_pages_of_any_origin(ingest: RunningIngest) -> None:
    script = ingest.request("GET", "/widget.js", headers={"Accept-Encoding": "gzip"})
    assert (script.status, script.headers["content-encoding"]) == (200, "gzip")
    assert script.headers["access-control-allow-origin"] == "*"
    assert "max-age" in script.headers["cache-control"]
    known = ingest.request("GET", "/widget.js", headers={"If-None-Match": script.headers["etag"]})
    assert known.status == 304
    assert ingest.request("GET", "/widget.css").headers["content-type"].startswith("text/css")


def answers_by_status(ingest: RunningIngest) -> list[HttpAnswer]:
    return [
        ingest.post(as_json(a_vote())),
        ingest.post(as_json([a_vote(), a_vote(vote="yes"), 1]), BATCH),
        ingest.post(b"{"),
        ingest.post(b"", "text/html"),
        ingest.post(b"1," * 10_000, BATCH),
        ingest.post(as_json(a_vote(vote="yes"))),
        ingest.post(b"x" * 6_000_000),
    ]


def test_every_answer_is_as_openapi_says(ingest: RunningIngest) -> None:
    document = ingest.request("GET", "/openapi.json").json
    responses = document["paths"]["/v1/events"]["post"]["responses"]
    answers = answers_by_status(ingest)
    assert {answer.status for answer in answers} == {202, 400, 413, 415, 422}
    for answer in answers:
        schema = responses[str(answer.status)]["content"][answer.headers["content-type"]]["schema"]
        Draft202012Validator({**schema, "components": document["components"]}).validate(answer.json)


def test_any_page_may_send_by_default_and_read_the_answer(ingest: RunningIngest) -> None:
    preflight = ingest.request(
        "OPTIONS",
        "/v1/events",
        headers={
            "Origin": "https://news.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )
    assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (204, "*")
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "content-type" in preflight.headers["access-control-allow-headers"]
    for body in (as_json(a_vote()), b"{"):
        answer = ingest.post(body, "text/plain", origin="https://news.example")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "retry-after" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    "origin", ["https://news.example.evil.example", "https://evilnews.example", "null", "http://news.example"]
)
def test_a_page_of_an_origin_that_is_not_listed_may_not_send(tmp_path: Path, origin: str) -> None:
    settings = {"ingest.allowed_origins": "https://news.example, https://www.news.example/"}
    with running_ingest(tmp_path, settings) as ingest:
        refused = ingest.post(as_json(a_vote()), "text/plain", origin=origin)
        assert (refused.status, refused.json["errors"][0]["reason"]) == (403, "origin_refused")
        assert "access-control-allow-origin" not in refused.headers
        for listed in ("https://news.example", "https://www.news.example"):
            answer = ingest.post(as_json(a_vote()), "text/plain", origin=listed)
            assert (answer.status, answer.headers["access-control-allow-origin"]) == (202, listed)
            assert answer.headers["vary"] == "origin"
        assert ingest.post(as_json(a_vote())).status == 202


async def _greeting(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"another room's page"})


def test_what_is_not_its_own_goes_to_the_app_behind(tmp_path: Path) -> None:
    with running_ingest(tmp_path, otherwise=_greeting) as ingest:
        assert ingest.request("GET", "/articles/a1").body == b"another room's page"
        assert ingest.request("GET", "/healthz").json == {"alive": True}
        assert ingest.post(as_json(a_vote())).status == 202
