"""Marked moments and saved views: written once, the newest stands, and refused with what is allowed."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from feedback_analytics.analytics import Lake
from feedback_analytics.errors import QueryError, StoreError
from feedback_analytics.store import JobKind, open_reader, run_job
from tests.support.builders import a_vote, record_of
from tests.support.dashboard import RunningDashboard, running_dashboard
from tests.support.house import House, utc_now

NOON = "2026-11-20T12:00:00+00:00"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("house")) as house:
        house.append([record_of(a_vote())])
        house.process_all()
        house.close()
        yield house


@pytest.fixture(scope="module")
def lake(house: House) -> Iterator[Lake]:
    with Lake(open_reader(house.settings)) as lake:
        yield lake


@pytest.fixture(scope="module")
def pages(house: House) -> Iterator[RunningDashboard]:
    with running_dashboard(house.settings) as pages:
        yield pages


def mark(house: House, entry: str, annotation: str = "a", note: str = "Campaign", **told: Any) -> None:
    entry_of = {"entry_id": entry, "annotation_id": annotation, "marked_at": NOON, "note": note, **told}
    run_job(house.settings, JobKind.NOTE_ANNOTATION, entry_of, now=utc_now)


def notes(lake: Lake, **asked: Any) -> list[str]:
    return list(lake.ask("annotations", **asked)["note"])


def test_an_annotation_is_written_once_corrected_and_removed(house: House, lake: Lake) -> None:
    mark(house, "1")
    mark(house, "1")
    mark(house, "2", "b", "Redesign", article_id="a1")
    before = lake.ask("annotations")
    assert list(before["note"]) == ["Campaign", "Redesign"]
    assert list(before["marked_at"]) == [datetime.fromisoformat(NOON)] * 2
    mark(house, "3", note="Campaign begins")
    assert notes(lake) == ["Campaign begins", "Redesign"]
    assert notes(lake, article_id="a2") == ["Campaign begins"]
    mark(house, "4", is_removed=True)
    mark(house, "5", "b", "Redesign", article_id="a1", is_removed=True)
    assert notes(lake) == []
    assert notes(lake, as_of=before.attrs["positions"]) == ["Campaign", "Redesign"]
    assert notes(lake, as_of="2020-01-01") == []
    with pytest.raises(QueryError, match="as_of names 99 annotations; the store has 5"):
        notes(lake, as_of=re.sub(r"\d+$", "99", before.attrs["positions"]))
    assert lake.sql("select count(*) from raw.annotations").fetchall() == [(5,)]


def test_what_cannot_be_an_annotation_or_a_view_is_not_written(house: House, lake: Lake) -> None:
    for wrong in ({"note": ""}, {"note": "x" * 281}, {"marked_at": "soon"}, {"strange": 1}):
        with pytest.raises(StoreError, match="cannot be read"):
            mark(house, "9", **wrong)
    view = {"entry_id": "v", "name": "Elsewhere", "address": "//evil.example/"}
    with pytest.raises(StoreError, match="cannot be read"):
        run_job(house.settings, JobKind.NOTE_VIEW, view, now=utc_now)
    assert notes(lake) == [] and lake.ask("saved_views").empty


def post(pages: RunningDashboard, path: str, body: bytes, **headers: str) -> tuple[int, str]:
    asked = urllib.request.Request(
        pages.url + path, body, {"content-type": "application/json", **headers}, method="POST"
    )
    try:
        with urllib.request.urlopen(asked) as answer:
            return answer.status, json.loads(answer.read())["told"]
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["told"]


def test_a_view_is_kept_under_its_name_and_the_newest_saving_stands(pages: RunningDashboard, lake: Lake) -> None:
    for address in ("/articles?sort=votes", "/sections"):
        told = json.dumps({"name": "Mine", "address": address}).encode()
        assert post(pages, "/dashboard/views", told) == (200, "Written.")
    assert lake.ask("saved_views")[["name", "address"]].to_records(index=False).tolist() == [("Mine", "/sections")]
    removed = json.dumps({"name": "Mine", "address": "/sections", "remove": "yes"}).encode()
    assert post(pages, "/dashboard/views", removed) == (200, "Written.")
    assert lake.ask("saved_views").empty


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("views", b"{", 400, "That is not JSON."),
        ("views", b"[]", 400, "Send one JSON object."),
        ("views", b'{"name": "x", "address": "https://evil.example/"}', 400, "begins with one “/”"),
        ("views", b'{"name": "a\\nb", "address": "/"}', 400, "name is a text of 1 to 80 characters"),
        ("annotations", b'{"marked_at": "2026-11-20", "note": ""}', 400, "note is a text of 1 to 280 characters"),
        ("annotations", b'{"marked_at": "soon", "note": "x"}', 400, "a day such as 2026-11-23"),
        ("annotations", b'{"note": "' + b"x" * 17_000 + b'"}', 413, "At most 16,000 bytes"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(
    pages: RunningDashboard, path: str, body: bytes, status: int, told: str
) -> None:
    answered, sentence = post(pages, f"/dashboard/{path}", body)
    assert answered == status and told in sentence


def test_pages_of_other_sites_write_nothing(pages: RunningDashboard, lake: Lake) -> None:
    body = b'{"name": "x", "address": "/"}'
    assert post(pages, "/dashboard/views", body, **{"content-type": "text/plain"})[0] == 415
    assert post(pages, "/dashboard/views", body, **{"sec-fetch-site": "cross-site"})[0] == 403
    assert lake.ask("saved_views").empty
