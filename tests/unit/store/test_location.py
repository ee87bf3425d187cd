"""Where a store is looked for, and what is said when it is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedback_analytics.errors import SettingsError
from feedback_analytics.store.location import find_store, locate_store


def test_a_sqlite_url_names_the_folder_of_the_lake() -> None:
    folder = locate_store("sqlite:/srv/feedback/lake")
    assert (folder.catalog, folder.data) == (Path("/srv/feedback/lake/catalog.sqlite"), Path("/srv/feedback/lake/data"))


@pytest.mark.parametrize("url", ["postgresql://db/feedback?data=/srv", "postgres:dbname=feedback"])
def test_a_postgresql_url_is_refused_with_what_to_use_instead(url: str) -> None:
    with pytest.raises(SettingsError, match="sqlite:DIR"):
        locate_store(url)


@pytest.mark.parametrize("url", ["mysql://db", "sqlite:", "lake"])
def test_a_url_of_no_known_form_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="sqlite:DIR"):
        locate_store(url)


def test_a_store_is_found_by_data_directory_by_lake_folder_and_by_url(tmp_path: Path) -> None:
    lake = tmp_path / "data" / "lake"
    lake.mkdir(parents=True)
    (lake / "catalog.sqlite").touch()
    places = (tmp_path / "data", str(tmp_path / "data"), lake, f"sqlite:{lake}")
    assert {find_store(place).path for place in places} == {lake}


def test_a_missing_store_is_told_with_both_places_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as told:
        find_store(tmp_path)
    assert f"{tmp_path}/catalog.sqlite or {tmp_path}/lake/catalog.sqlite" in str(told.value)
    assert "feedback serve" in str(told.value)
