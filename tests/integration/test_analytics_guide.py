"""The guide for analysts: its Python runs, its attach line attaches, and the views it names are there."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy

from feedback_analytics.cli.exporting import export_views
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
    with open_reader(house.settings) as reader:
        export_views(reader, Path("export"), "parquet", raw=False)
    told: dict[str, Any] = {}
    for block in blocks("python"):
        exec(compile(block, "query.md", "exec"), told)
    assert list(told["articles"]["votes"]) == [40]
    assert told["few"].empty
    assert list(told["ranking"]["votes"]) == [40]
    assert told["again"].attrs["positions"] == told["told"]["positions"]
    assert told["by_day"]["votes", "useful"].rows() == [(40, 30)]
    assert told["best"].columns == ["title", "votes", "useful_share"]
    assert told["per_day"]["len"].to_list() == [40]
    assert told["sections"].empty and "heading" in told["sections"]
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


def test_the_connection_of_superset_reads_what_came_last_and_writes_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Superset 6.1 hands URI and engine parameters to SQLAlchemy 1.4, with a null pool."""
    install_extensions(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (uri,) = re.findall(r"^duckdb:///.+$", GUIDE, re.M)
    (parameters,) = map(json.loads, blocks("json"))
    engine = sqlalchemy.create_engine(
        uri.replace("DIR", str(house.folder / "lake")), poolclass=sqlalchemy.pool.NullPool, **parameters
    )
    counts = sqlalchemy.text("select article_id, votes, useful from mart.article_usefulness")
    with engine.connect() as connection:
        found = sqlalchemy.inspect(connection)
        assert "catalog.mart" in found.get_schema_names()
        assert set(found.get_view_names("mart")) == set(re.findall(r"`mart\.(\w+)`", GUIDE))
        columns = {column["name"]: str(column["type"]) for column in found.get_columns("article_usefulness", "mart")}
        assert (columns["article_id"], columns["votes"]) == ("VARCHAR", "BIGINT")
        assert [tuple(row) for row in connection.execute(counts)] == [("a1", 40, 30)]
        with pytest.raises(sqlalchemy.exc.DBAPIError, match="read-only"):
            connection.execute(sqlalchemy.text("delete from raw.votes"))
    house.append([record_of(a_vote("a2", reader="r1"))])
    house.process_all()
    with engine.connect() as connection:
        assert ("a2", 1, 1) in [tuple(row) for row in connection.execute(counts)]
    engine.dispose()


def test_the_guide_names_every_view_and_no_other(house: House) -> None:
    named = set(re.findall(r"`mart\.(\w+)`", GUIDE))
    with open_reader(house.settings) as reader:
        views = reader.table("select distinct relation from mart.data_dictionary where schema_name = 'mart'")
    assert named == set(views.column(0).to_pylist())


def install_extensions(home: Path) -> None:
    """What `install` downloads, from the wheels: into the folder in which DuckDB looks for it."""
    (platform,) = duckdb.sql("pragma platform").fetchone() or ("",)
    folder = home / ".duckdb" / "extensions" / f"v{duckdb.__version__}" / platform
    folder.mkdir(parents=True)
    for name in ("sqlite_scanner", "ducklake"):
        shutil.copy(extension(name), folder)


def extension(name: str) -> Path:
    module = __import__(f"duckdb_extension_{name}")
    return next(Path(module.__file__ or "").parent.rglob("*.duckdb_extension"))
