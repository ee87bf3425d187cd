"""Where a store is looked for, and what is said when it is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedback_analytics.errors import SettingsError
from feedback_analytics.store.location import LakeFolder, LakeServer, find_store, locate_store


def test_a_sqlite_url_names_the_folder_of_the_lake() -> None:
    folder = locate_store("sqlite:/srv/feedback/lake")
    assert isinstance(folder, LakeFolder)
    assert (folder.catalog, folder.data) == (Path("/srv/feedback/lake/catalog.sqlite"), Path("/srv/feedback/lake/data"))


def test_a_postgresql_url_names_the_server_its_database_and_the_folder_of_the_data_files() -> None:
    place = locate_store("postgresql://news%40desk:pa%20ss@db.example:5433/feedback?data=/mnt/lake&sslmode=require")
    assert isinstance(place, LakeServer)
    assert (place.host, place.port, place.database) == ("db.example", 5433, "feedback")
    assert (place.user, place.password, place.options) == ("news@desk", "pa ss", (("sslmode", "require"),))
    assert place.data == Path("/mnt/lake")


@pytest.mark.parametrize("url", ["postgres://db/lake?data=/srv", "postgresql://db/lake?data=/srv&password=geheim"])
def test_what_a_postgresql_url_leaves_out_is_left_to_the_server_and_to_libpq(url: str) -> None:
    place = locate_store(url)
    assert isinstance(place, LakeServer)
    assert (place.port, place.user, place.options) == (5432, "", ())
    assert "geheim" not in f"{place} {place.name}"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgresql://u:geheim@db/lake", "data= must name the folder"),
        ("postgresql://u:geheim@db/lake?data=", "data= must name the folder"),
        ("postgresql://u:geheim@db/lake?data=gs://bucket", "data= must name the folder"),
        ("postgresql://u:geheim@db?data=/srv", "names no host, or not one database"),
        ("postgresql:///lake?data=/srv", "names no host, or not one database"),
        ("postgresql://u:geheim@db:99999/lake?data=/srv", "port is not a number"),
        (
            "postgresql://u:geheim@db/lake?data=/srv&user=x&options=-c",
            "asks for options, user; known are data, sslmode",
        ),
    ],
)
def test_a_postgresql_url_that_cannot_be_used_is_told_with_its_form_and_without_its_password(
    url: str, why: str
) -> None:
    with pytest.raises(SettingsError, match=why) as told:
        locate_store(url)
    assert "postgresql://USER:PASSWORD@HOST:PORT/DATABASE?data=FOLDER" in str(told.value)
    assert "geheim" not in str(told.value)


@pytest.mark.parametrize("url", ["mysql://db", "sqlite:", "lake", "postgres:dbname=feedback"])
def test_a_url_of_no_known_form_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="sqlite:DIR"):
        locate_store(url)


def test_a_store_is_found_by_data_directory_by_lake_folder_and_by_url(tmp_path: Path) -> None:
    lake = tmp_path / "data" / "lake"
    lake.mkdir(parents=True)
    (lake / "catalog.sqlite").touch()
    places = (tmp_path / "data", str(tmp_path / "data"), lake, f"sqlite:{lake}")
    assert {find_store(place) for place in places} == {LakeFolder(lake)}


def test_a_missing_store_is_told_with_both_places_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as told:
        find_store(tmp_path)
    assert f"{tmp_path}/catalog.sqlite or {tmp_path}/lake/catalog.sqlite" in str(told.value)
    assert "feedback serve" in str(told.value)
