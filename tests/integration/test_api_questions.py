"""Questions over HTTP: the same answers in three forms, in pages that fit together; bad input gets a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import pyarrow as pa
import pytest
from pyarrow import parquet

import feedback_analytics
from feedback_analytics.analytics import QUESTIONS
from feedback_analytics.api import reference_files
from tests.support.asked import Site, asked_house, site_of
from tests.support.builders import a_vote, record_of
from tests.support.house import House, utc_now
from tests.support.ingest import HttpAnswer

DOCS = Path(__file__).parents[2] / "docs/reference"
OPENAPI = json.loads(reference_files()["openapi-read.json"])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with asked_house(tmp_path_factory.mktemp("api") / "data") as house:
        yield house


@pytest.fixture(scope="module")
def site(house: House) -> Iterator[Site]:
    with site_of(house) as site:
        yield site


def refused(answer: HttpAnswer, status: int) -> str:
    """The detail of a problem document of the house's one shape."""
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert set(problem) == {"type", "title", "status", "detail", "server_time", "errors"}
    assert problem["status"] == status
    assert "Traceback" not in problem["detail"]
    return str(problem["detail"])


def test_all_questions_are_listed_with_parameters_and_columns(site: Site) -> None:
    listed = site.get("/v1/questions").json["questions"]
    assert [one["name"] for one in listed] == [question.name for question in QUESTIONS]
    ranking = next(one for one in listed if one["name"] == "ranking")
    assert next(one for one in ranking["parameters"] if one["name"] == "of")["default"] == "articles"
    assert next(one for one in ranking["columns"] if one["name"] == "votes")["unit"] == "count"


@pytest.mark.parametrize("name", [question.name for question in QUESTIONS])
def test_every_question_answers_as_its_openapi_schema_says(site: Site, name: str) -> None:
    query = "?article_id=bridge" if name == "edit_effect" else ""
    answer = site.get(f"/v1/questions/{name}{query}")
    assert answer.status == 200, answer.body
    schema = OPENAPI["paths"][f"/v1/questions/{name}"]["get"]["responses"]["200"]["content"]["application/json"]
    jsonschema.validate(answer.json, schema["schema"])
    assert "example" not in schema or jsonschema.validate(schema["example"], schema["schema"]) is None


def test_http_and_python_give_the_same_numbers(site: Site, house: House) -> None:
    over_http = site.get("/v1/questions/ranking?of=sections&min_votes=20").json
    with feedback_analytics.connect(house.folder) as lake:
        in_python = lake.ask("ranking", of="sections", min_votes=20)
    assert [row["votes"] for row in over_http["rows"]] == list(in_python["votes"])
    assert [row["shrunk_share"] for row in over_http["rows"]] == list(in_python["shrunk_share"])
    assert over_http["positions"] == in_python.attrs["positions"]
    assert (over_http["question"], over_http["time_zone"], over_http["next"]) == ("ranking", "UTC", None)
    assert over_http["asked"] == {"days": 28, "of": "sections", "order": "best", "min_votes": 20}


def test_a_past_answer_comes_again_by_its_positions(tmp_path: Path) -> None:
    with asked_house(tmp_path / "data") as house, site_of(house) as site:
        first = site.get("/v1/questions/overview").json
        late = [a_vote("bridge", useful=False, reader=f"late-{n}", at=utc_now()) for n in range(30)]
        house.append([record_of(event) for event in late])
        house.process_all()
        asked = f"as_of={quote(first['positions'])}&since={first['since']}&until={first['until']}"
        again = site.get(f"/v1/questions/overview?{asked}").json
        now = site.get("/v1/questions/overview").json
    assert again["rows"] == first["rows"]
    assert now["rows"][0]["votes"] == first["rows"][0]["votes"] + 30


def test_pages_fit_together_whatever_comes_meanwhile(tmp_path: Path) -> None:
    with asked_house(tmp_path / "data") as house, site_of(house) as site:
        whole = site.get("/v1/questions/ranking?ai=no&order=votes").json["rows"]
        page = site.get("/v1/questions/ranking?ai=no&order=votes&limit=1")
        pages = [*page.json["rows"]]
        for number in range(len(whole) + 1):
            if page.json["next"] is None:
                break
            assert page.headers["link"] == f'<{page.json["next"]}>; rel="next"'
            newcomer = [a_vote("newcomer", reader=f"{number}-{n}", at=utc_now()) for n in range(600)]
            house.append([record_of(event) for event in newcomer])
            house.process_all()
            page = site.get(page.json["next"])
            pages += page.json["rows"]
    assert len(whole) == 3
    assert pages == whole


def test_csv_and_arrow_come_by_accept_or_format(site: Site) -> None:
    rows = site.get("/v1/questions/kinds").json["rows"]
    as_csv = site.get("/v1/questions/kinds", accept="text/csv;q=0.9, application/xml")
    assert as_csv.headers["content-type"].startswith("text/csv")
    assert len(as_csv.body.decode().splitlines()) == len(rows) + 1
    as_arrow = site.get("/v1/questions/kinds?format=arrow")
    assert as_arrow.headers["content-type"] == "application/vnd.apache.arrow.stream"
    table = pa.ipc.open_stream(as_arrow.body).read_all()
    assert table["votes"].to_pylist() == [row["votes"] for row in rows]
    told = json.loads(table.schema.metadata[b"feedback"])
    assert told["positions"] == as_arrow.headers["feedback-positions"]


def test_a_whole_answer_comes_as_one_parquet_file(site: Site) -> None:
    rows = site.get("/v1/questions/ranking?of=sections").json["rows"]
    page = site.get("/v1/questions/ranking?of=sections&format=parquet&limit=2")
    assert parquet.read_table(pa.BufferReader(page.body)).num_rows == 2 and "link" in page.headers
    whole = site.get("/v1/questions/ranking?of=sections&limit=all", accept="application/vnd.apache.parquet")
    table = parquet.read_table(pa.BufferReader(whole.body))
    assert table["section_id"].to_pylist() == [row["section_id"] for row in rows]
    assert json.loads(table.schema.metadata[b"feedback"])["positions"] == whole.headers["feedback-positions"]
    assert "link" not in whole.headers


def test_csv_is_safe_to_open_in_a_spreadsheet_and_numbers_stay_numbers(site: Site) -> None:
    lines = site.get("/v1/questions/ranking?format=csv").body.decode()
    for cell in ("'=HYPERLINK(1)", "'@Cities", "'+Economy", "'-1 coin"):
        assert f'"{cell}"' in lines
    assert '"=' not in lines and '"@' not in lines
    assert '"\'+Economy desk"' in lines
    negative = site.get("/v1/questions/section_map?format=csv&article_id=bridge").body.decode()
    assert ",-0." in negative, "a negative number is no formula"


def test_an_unchanged_store_answers_304_and_a_changed_one_anew(tmp_path: Path) -> None:
    with asked_house(tmp_path / "data") as house, site_of(house) as site:
        first = site.get("/v1/questions/kinds")
        tag = first.headers["etag"]
        same = site.get("/v1/questions/kinds", if_none_match=f'"other", W/{tag}')
        other = site.get("/v1/questions/kinds?days=3", if_none_match=tag)
        house.append([record_of(a_vote("bridge", section="whats-next", reader="late", at=utc_now()))])
        house.process_all()
        changed = site.get("/v1/questions/kinds", if_none_match=tag)
    assert (same.status, same.body, same.headers["etag"]) == (304, b"", tag)
    assert other.status == 200
    assert changed.status == 200 and changed.headers["etag"] != tag


def test_head_tells_the_headers_alone(site: Site) -> None:
    answer = site.get("/v1/questions/kinds", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert "etag" in answer.headers


def test_pages_of_other_origins_do_not_read_answers(site: Site) -> None:
    answer = site.get("/v1/questions/kinds", origin="https://other.example")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/v1/questions/rankin", 404, "Did you mean ranking?"),
        ("/v1/questions/ranking?min_vote=3", 400, "Did you mean min_votes?"),
        ("/v1/questions/ranking?of=sektions", 400, "articles, sections, kinds, topics, authors"),
        ("/v1/questions/ranking?days=soon", 400, "a number of days from 1 to 36,500, or all"),
        ("/v1/questions/ranking?since=23.11.2026", 400, "a day such as 2026-11-23"),
        ("/v1/questions/ranking?since=2026-11-02&until=2026-11-01", 400, "before it begins"),
        ("/v1/questions/ranking?as_of=yesterday", 400, "the positions that an answer names"),
        ("/v1/questions/ranking?days=3&days=4", 400, "is given twice"),
        ("/v1/questions/ranking?topic=%ff", 400, "percent-encoded UTF-8"),
        ("/v1/questions/ranking?format=xml", 400, "json, csv, arrow, parquet"),
        ("/v1/questions/ranking?limit=0", 400, "a whole number from 1 to 10,000"),
        ("/v1/questions/ranking?cursor=abc", 400, "Follow `next` as it stands"),
        ("/v1/questions/ranking?topic=" + "x" * 8200, 414, "at most 8,192"),
        ("/v1/nothing", 404, "/v1/questions lists"),
    ],
)
def test_bad_input_gets_a_sentence_naming_what_is_allowed(site: Site, path: str, status: int, told: str) -> None:
    assert told in refused(site.get(path), status)


def test_a_form_that_is_not_made_is_refused(site: Site) -> None:
    assert "application/json, text/csv" in refused(site.get("/v1/questions/kinds", accept="image/png"), 406)


def test_questions_are_read_by_get_alone(site: Site) -> None:
    answer = site.get("/v1/questions/kinds", method="POST")
    assert "read by GET" in refused(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD"


def test_a_cursor_is_followed_as_it_stands(site: Site) -> None:
    onward = site.get("/v1/questions/ranking?limit=1").json["next"]
    assert "without 'days'" in refused(site.get(f"{onward}&days=3"), 400)
    assert "is of ranking" in refused(site.get(onward.replace("/ranking", "/kinds")), 400)


def test_text_that_looks_like_sql_is_a_value_like_any_other(site: Site) -> None:
    found = site.get(f"/v1/questions/ranking?topic={quote(STRANGE_TOPIC)}").json["rows"]
    assert [row["article_id"] for row in found] == ["rail/strike & <b>"]
    nothing = site.get(f"/v1/questions/ranking?topic={quote(chr(39) + ' or 1=1 --')}")
    assert (nothing.status, nothing.json["rows"]) == (200, [])


STRANGE_TOPIC = "Cities'; drop table votes"


def test_the_generated_files_are_fresh() -> None:
    stale = [path for path, content in reference_files().items() if (DOCS / path).read_bytes() != content]
    assert stale == [], "run make docs"


def test_the_openapi_document_is_served_and_names_every_path(site: Site) -> None:
    served = site.get("/openapi-read.json")
    assert served.body == reference_files()["openapi-read.json"]
    assert {f"/v1/questions/{question.name}" for question in QUESTIONS} < set(served.json["paths"])


def test_many_who_ask_at_once_are_all_answered(site: Site) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def ask(number: int) -> Any:
        return site.get(f"/v1/questions/freshness?as_of={(utc_now() + timedelta(minutes=number)).isoformat()[:19]}Z")

    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(ask, range(12)))
    assert {answer.status for answer in answers} == {200}
