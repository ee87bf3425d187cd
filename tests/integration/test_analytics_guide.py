"""The guide for analysts: its Python runs, its attach line attaches, and the views it names are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from feedback_analytics.store import open_reader
from tests.support.builders import a_vote, record_of
from tests.support.house import House

GUIDE = (Path(__file__).parents[2] / "docs/guides/query.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    at = datetime.now(UTC)
    with House(tmp_path_factory.mktemp("guide") / "data") as house:
        house.append([record_of(a_vote("a1", useful=n < 30, reader=f"r{n}", at=at)) for n in range(40)])
        house.process_all()
        yield house


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.M | re.S)


def test_the_python_of_the_guide_runs(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(house.folder.parent)
    told: dict[str, Any] = {}
    for block in blocks("python"):
        exec(compile(block, "query.md", "exec"), told)
    assert list(told["articles"]["votes"]) == [40]
    assert told["few"].empty
    assert list(told["ranking"]["votes"]) == [40]
    assert told["again"].attrs["positions"] == told["told"]["positions"]
    told["lake"].close()


def test_the_attach_line_of_the_guide_needs_nothing_but_duckdb(house: House) -> None:
    """Its `install` downloads the extensions; here the same ones come from their wheels."""
    (sql,) = blocks("sql")
    statements = [part.strip() for part in sql.replace("DIR", str(house.folder / "lake")).split(";") if part.strip()]
    rest = statements[4:]
    assert statements[:4] == ["install ducklake", "install sqlite", "load ducklake", "load sqlite"]
    with duckdb.connect() as shell:
        for name in ("sqlite_scanner", "ducklake"):
            shell.execute(f"load '{extension(name)}'")
        for statement in rest:
            shell.execute(statement)
        assert shell.execute("select article_id, votes, useful from mart.article_usefulness").fetchall() == [
            ("a1", 40, 30)
        ]


def test_the_guide_names_every_view_and_no_other(house: House) -> None:
    named = set(re.findall(r"`mart\.(\w+)`", GUIDE))
    with open_reader(house.settings) as reader:
        views = reader.table("select distinct relation from mart.data_dictionary where schema_name = 'mart'")
    assert named == set(views.column(0).to_pylist())


def extension(name: str) -> Path:
    module = __import__(f"duckdb_extension_{name}")
    return next(Path(module.__file__ or "").parent.rglob("*.duckdb_extension"))
