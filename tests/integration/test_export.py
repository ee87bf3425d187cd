"""`feedback export`: all public views in files, from one state of the store, there as a whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

import feedback_analytics
from feedback_analytics.cli import main
from tests.support.asked import asked_house
from tests.support.builders import a_vote, record_of
from tests.support.house import House, utc_now


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with asked_house(tmp_path_factory.mktemp("export") / "data") as house:
        yield house


def export(house: House, to: Path, *arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["export", "--to", str(to), "--data", str(house.folder), *arguments])
    return int(ended.value.code or 0)


def manifest_of(folder: Path) -> Any:
    return json.loads((folder / "manifest.json").read_text())


def files_of(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_every_public_view_is_there_with_all_its_rows(house: House, tmp_path: Path, format: str) -> None:
    assert export(house, tmp_path / "out", "--format", format) == 0
    views = manifest_of(tmp_path / "out")["views"]
    with feedback_analytics.connect(house.folder) as lake:
        dictionary = lake.sql("select distinct relation from mart.data_dictionary where schema_name = 'mart'").df()
        assert set(views) == set(dictionary["relation"])
        for name, view in views.items():
            place = f"votes/*/*.{format}" if name == "votes" else f"{name}.{format}"
            (inside,) = duckdb.sql(f"select count(*) from '{tmp_path / 'out' / place}'").fetchone() or (None,)
            (stored,) = lake.sql(f"select count(*) from mart.{name}").fetchone()
            assert inside == view["rows"] == stored, name


def test_the_manifest_tells_positions_and_the_hash_of_every_file(house: House, tmp_path: Path) -> None:
    export(house, tmp_path / "out")
    manifest = manifest_of(tmp_path / "out")
    with feedback_analytics.connect(house.folder) as lake:
        assert manifest["positions"] == lake.ask("freshness").attrs["positions"]
    told = {file["path"]: file["sha256"] for view in manifest["views"].values() for file in view["files"]}
    assert files_of(tmp_path / "out") == {"manifest.json", *told}
    for path, digest in told.items():
        assert hashlib.sha256((tmp_path / "out" / path).read_bytes()).hexdigest() == digest


def test_votes_lie_in_a_folder_per_day_as_hive_lays_them_out(house: House, tmp_path: Path) -> None:
    export(house, tmp_path / "out")
    votes = duckdb.sql(
        f"select cast(day as date) = cast(timezone('UTC', occurred_at) as date) as is_right, count(*) as votes "
        f"from read_parquet('{tmp_path / 'out/votes/*/*.parquet'}', hive_partitioning = true) group by 1"
    ).fetchall()
    assert [is_right for is_right, _ in votes] == [True]


def test_the_same_state_gives_the_same_files(house: House, tmp_path: Path) -> None:
    export(house, tmp_path / "one")
    export(house, tmp_path / "two")
    assert manifest_of(tmp_path / "one") == manifest_of(tmp_path / "two")


def test_csv_is_safe_to_open_in_a_spreadsheet_unless_it_is_wanted_raw(house: House, tmp_path: Path) -> None:
    export(house, tmp_path / "safe", "--format", "csv")
    export(house, tmp_path / "raw", "--format", "csv", "--raw")
    safe, raw = (pd.read_csv(tmp_path / name / "articles.csv").set_index("article_id") for name in ("safe", "raw"))
    assert (safe.loc["bridge", "title"], raw.loc["bridge", "title"]) == ("'=HYPERLINK(1)", "=HYPERLINK(1)")
    assert (manifest_of(tmp_path / "safe")["raw"], manifest_of(tmp_path / "raw")["raw"]) == (False, True)


def test_an_older_export_is_replaced_as_a_whole(tmp_path: Path) -> None:
    with asked_house(tmp_path / "data") as house:
        export(house, tmp_path / "out", "--format", "csv")
        before = manifest_of(tmp_path / "out")["views"]["votes"]["rows"]
        house.append([record_of(a_vote("bridge", reader="late", at=utc_now()))])
        house.process_all()
        assert export(house, tmp_path / "out") == 0
    after = manifest_of(tmp_path / "out")
    assert after["views"]["votes"]["rows"] == before + 1
    assert not any(name.endswith(".csv") for name in files_of(tmp_path / "out"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out"], "nothing is left beside it"


def test_a_folder_that_holds_anything_else_is_refused_and_kept(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export(house, tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "manifest.json").write_text('{"made_by": "something else"}')
    capsys.readouterr()
    for folder, stranger in (("out", "notes.txt"), ("other", "manifest.json")):
        before = files_of(tmp_path / folder)
        assert export(house, tmp_path / folder) == 1
        assert f"holds {stranger}, which no export wrote. Name a new folder" in capsys.readouterr().err
        assert files_of(tmp_path / folder) == before


def test_an_empty_store_exports_empty_views(tmp_path: Path) -> None:
    with House(tmp_path / "data") as house:
        assert export(house, tmp_path / "out") == 0
    manifest = manifest_of(tmp_path / "out")
    assert (manifest["as_of"], manifest["positions"]) == (None, "nothing")
    assert manifest["views"]["articles"]["rows"] == 0
    assert duckdb.sql(f"from '{tmp_path / 'out/articles.parquet'}'").columns[0] == "article_id"
