"""The commands of the README and the guides work as they are written, on a data directory called `data`."""

from __future__ import annotations

import gzip
import importlib
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import httpx
import pytest

from tests.architecture.rooms import ROOT
from tests.support.builders import a_vote
from tests.support.commands import as_lines, feedback
from tests.support.service import Service, running_ingest

README = (ROOT / "README.md").read_text(encoding="utf-8")
QUERY = (ROOT / "docs/guides/query.md").read_text(encoding="utf-8")
EMIT = (ROOT / "docs/guides/emit-votes.md").read_text(encoding="utf-8")
GUIDE_ADDRESS = "http://127.0.0.1:8080"


def commands_of(text: str, name: str) -> list[list[str]]:
    """The arguments of each `feedback NAME ...` in a page, in code spans and blocks."""
    found = re.findall(rf"(?:`|^|/bin/)feedback ({name} [^`\n]+)", text, re.MULTILINE)
    return [shlex.split(line) for line in dict.fromkeys(found)]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory with votes.ndjson.gz and a filled `data`."""
    folder = tmp_path_factory.mktemp("readme")
    assert feedback("import", "-", "--data", folder / "data", given=as_lines([a_vote()])).code == 0
    assert feedback("worker", "--until-caught-up", "--data", folder / "data").code == 0
    (folder / "votes.ndjson.gz").write_bytes(gzip.compress(as_lines([a_vote()])))
    return folder


def test_the_import_and_the_queries_of_readme_and_guide_run_as_written(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    queries = [*commands_of(README, "sql"), *commands_of(QUERY, "sql")]
    imports = commands_of(README, "import")
    assert imports == [["import", "votes.ndjson.gz"]] and len(queries) >= 4
    for command in [*imports, *(query for query in queries if query[1] != "...")]:
        assert feedback(*command).code == 0, command
    assert (home / "daily.parquet").stat().st_size > 0


def test_the_python_of_the_readme_runs_as_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    [code] = blocks(README, "python")
    found: dict[str, object] = {}
    exec(code, found)
    assert list(found["frame"]["article_id"]) == ["a1"]  # type: ignore[index]


def test_the_attach_of_the_readme_runs_in_duckdb_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    [code] = blocks(README, "sql")
    with duckdb.connect(config={"allow_unsigned_extensions": False}) as engine:
        for name in ("ducklake", "sqlite_scanner"):  # `install` downloads them; here they come from their wheels
            engine.execute(f"load '{extension(name)}'")
        *before, asking = duckdb.extract_statements(re.sub(r"install \w+;", "", code))
        for statement in before:
            engine.execute(statement)
        assert [row[0] for row in engine.execute(asking).fetchall()] == ["a1"]


def extension(name: str) -> Path:
    module = importlib.import_module(f"duckdb_extension_{name}")
    return next(Path(module.__file__ or "").parent.rglob("*.duckdb_extension"))


def test_serve_of_the_readme_is_a_command_of_the_service() -> None:
    assert commands_of(README, "serve") == [["serve", "--data", "data"]]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running_ingest(tmp_path_factory.mktemp("emit") / "data") as service:
        yield service


def test_the_curl_commands_of_the_guide_send_votes(service: Service, tmp_path: Path) -> None:
    (tmp_path / "votes.ndjson").write_bytes(as_lines([a_vote(), a_vote()]))
    accepted = []
    for command in blocks(EMIT, "sh"):
        told = subprocess.run(
            ["sh", "-c", command.replace(GUIDE_ADDRESS, service.url)],
            cwd=tmp_path,
            capture_output=True,
            check=True,
        )
        accepted.append(json.loads(told.stdout)["accepted"])
    assert accepted == [1, 2]


def test_the_python_of_the_guide_casts_a_vote(service: Service) -> None:
    found: dict[str, object] = {}
    exec(blocks(EMIT, "python")[0], found)
    with httpx.Client(base_url=service.url) as client:
        found["cast"](client, "harbour-bridge", "r-7f3a", "useful")  # type: ignore[operator]


def test_the_announcement_of_the_guide_is_accepted(service: Service) -> None:
    [announcement] = blocks(EMIT, "json")
    headers = {"content-type": "application/cloudevents+json"}
    answer = httpx.post(f"{service.url}/v1/events", content=announcement, headers=headers)
    assert answer.status_code == 202, answer.text
