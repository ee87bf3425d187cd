"""Settings: one frozen value, read from flags, environment, file and defaults, in that order."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from feedback_analytics.errors import SettingsError
from feedback_analytics.settings import (
    Explained,
    Settings,
    as_environment,
    environment_name,
    explain,
    known_settings,
    read_settings,
    read_with_sources,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "feedback.toml"
    path.write_text('data_dir = "from-file"\n[log]\npartitions = 8\nretention_seconds = 60\n')
    return path


def explained(settings: Settings, name: str) -> Explained:
    return next(row for row in explain(settings, {}) if row.name == name)


def test_without_anything_given_every_setting_has_its_default() -> None:
    assert read_settings() == Settings()


def test_a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default(file: Path) -> None:
    environ = {"FEEDBACK_LOG_PARTITIONS": "16", "FEEDBACK_DATA_DIR": "from-environment"}
    settings, sources = read_with_sources({"data_dir": "from-flag"}, environ, file)
    assert settings.data_dir == "from-flag"
    assert settings.log.partitions == 16
    assert settings.log.retention_seconds == 60.0
    assert settings.ingest.port == 8080
    assert sources == {
        "data_dir": "flag",
        "log.partitions": "environment FEEDBACK_LOG_PARTITIONS",
        "log.retention_seconds": f"file {file}",
    }


def test_a_flag_that_is_none_is_not_set() -> None:
    assert read_settings({"data_dir": None}, {"FEEDBACK_DATA_DIR": "kept"}).data_dir == "kept"


@pytest.mark.parametrize("name", [name for name, *_ in known_settings()])
def test_every_setting_says_what_it_does_and_is_read_from_the_environment(name: str) -> None:
    row = explained(read_settings(), name)
    assert row.description.endswith(".")
    other = "other" if isinstance(row.default, str) else "3600"
    assert str(explained(read_settings(environ=_allowed(name, other)), name).value) != str(row.default)


def _allowed(name: str, other: str) -> dict[str, str]:
    """A value of the setting that is possible and not the default, and those it wants beside it."""
    special = {
        "kafka.sasl_mechanism": "PLAIN",
        "kafka.dead_letter_topics": "on",
        "log.partitions": "7",
        "worker.transaction_seconds": "17",
        "store.snapshot_seconds": "7200",
        "store.query_seconds": "17",
        "analytics.time_zone": "Europe/Berlin",
        "reports.schedule": "day, week",
        "reports.send_at": "23:59",
        "telemetry.level": "debug",
        "telemetry.format": "json",
        "telemetry.metrics_address": "127.0.0.1:9100",
    }
    beside = {}
    if name.startswith("kafka."):
        files = dict.fromkeys(("kafka.ca_file", "kafka.cert_file", "kafka.key_file"), __file__)
        given = {"broker_url": "kafka+ssl://broker:9093", "kafka.username": "other", "kafka.password": "other", **files}
        beside = {environment_name(one): value for one, value in given.items()}
        special |= files
    return {**beside, environment_name(name): special.get(name, other)}


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        (
            "FEEDBACK_LOG_PARTITION",
            "unknown setting FEEDBACK_LOG_PARTITION in the environment. Did you mean FEEDBACK_LOG_PARTITIONS?",
        ),
        (
            "FEEDBACK_ZZZ",
            "unknown setting FEEDBACK_ZZZ in the environment. `feedback config` lists them all.",
        ),
    ],
)
def test_an_unknown_name_in_the_environment_is_an_error_with_the_nearest_known_one(key: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings(environ={key: "1"})
    assert str(raised.value) == sentence


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("[log]\npartition = 3", "Did you mean log.partitions?"),
        ("[logs]\npartitions = 3", "Did you mean log.partitions?"),
        ("log = 3", "`feedback config` lists them all."),
        ('[data_dir]\npath = "x"', "Did you mean data_dir?"),
    ],
)
def test_an_unknown_name_in_the_file_is_an_error_with_the_nearest_known_one(
    tmp_path: Path, text: str, nearest: str
) -> None:
    path = tmp_path / "feedback.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as raised:
        read_settings(file=path)
    assert str(path) in str(raised.value)
    assert str(raised.value).endswith(nearest)


def test_an_unknown_flag_is_an_error() -> None:
    with pytest.raises(SettingsError, match="unknown setting log.partition .flag.. Did you mean log.partitions"):
        read_settings({"log.partition": 3})


def test_names_read_by_the_tests_and_the_place_of_the_file_are_not_settings() -> None:
    assert read_settings(environ={"FEEDBACK_TEST_KAFKA": "x", "FEEDBACK_CONFIG": "y", "PATH": "z"}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("log.partitions", "0"),
        ("log.partitions", "many"),
        ("log.partitions", "257"),
        ("log.retention_seconds", "-1"),
        ("log.retention_seconds", "nan"),
        ("log.retention_seconds", "inf"),
        ("log.max_waiting_bytes", "0"),
        ("ingest.port", "65536"),
        ("ingest.port", ""),
        ("worker.max_wait_seconds", "0"),
        ("worker.transaction_seconds", "361"),
        ("store.snapshot_seconds", "3599"),
        ("store.query_seconds", "3001"),
        ("worker_name", "Worker 1"),
        ("worker_name", ""),
        ("data_dir", ""),
    ],
)
def test_an_impossible_value_is_an_error_that_names_setting_value_source_and_what_is_allowed(
    name: str, value: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings(environ={environment_name(name): value})
    begin = f"{name} = {value!r} (environment {environment_name(name)}) is not possible: Expected "
    assert str(raised.value).startswith(begin)


def test_a_setting_of_another_form_tells_the_form_and_no_pattern() -> None:
    with pytest.raises(SettingsError, match=r"HH:MM\.$") as raised:
        read_settings(environ={"FEEDBACK_REPORTS_SEND_AT": "7 o'clock"})
    assert "regex" not in str(raised.value)


def test_every_flag_and_file_is_checked_like_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "feedback.toml"
    path.write_text("[ingest]\nport = 70000\n")
    with pytest.raises(SettingsError, match="ingest.port = 70000 .file "):
        read_settings(file=path)
    with pytest.raises(SettingsError, match="ingest.port = 70000 .flag"):
        read_settings({"ingest.port": 70000})


def test_a_missing_file_is_an_error_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no settings file at .*nothing.toml. Make it, or leave --config away."):
        read_settings(file=tmp_path / "nothing.toml")


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe", b"port = 1\nport = 2"])
def test_a_file_that_is_not_toml_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "feedback.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match="cannot read the settings file .* It must be TOML."):
        read_settings(file=path)


def test_a_folder_in_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read the settings file"):
        read_settings(file=tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("reader_secret", "correct horse battery staple", "***"),
        ("reader_secret", "", ""),
        ("store_url", "postgresql://us:pw@db/lake?data=x", "postgresql://us:***@db/lake?data=x"),
        ("store_url", "postgresql://us:p@w:/@db/lake", "postgresql://us:***@db/lake"),
        ("store_url", "postgresql://db/lake?password=pw&data=x", "postgresql://db/lake?password=***&data=x"),
        ("store_url", "sqlite:/srv/lake", "sqlite:/srv/lake"),
        ("broker_url", "kafka://a:9092,b:9092", "kafka://a:9092,b:9092"),
    ],
)
def test_a_secret_shows_only_that_it_is_set(name: str, value: str, shown: str) -> None:
    settings = read_settings(environ={environment_name(name): value})
    assert explained(settings, name).shown == shown
    assert f"{name}={shown}," in repr(settings)


def test_settings_cannot_be_changed_after_they_were_read() -> None:
    with pytest.raises(AttributeError):
        read_settings().data_dir = "other"  # type: ignore[misc]


def test_urls_left_empty_stand_for_folders_of_the_data_directory(tmp_path: Path) -> None:
    settings = read_settings({"data_dir": str(tmp_path)})
    assert settings.broker == f"embedded:{tmp_path}/log"
    assert settings.store_location == f"sqlite:{tmp_path}/lake"
    assert settings.is_embedded


def test_a_relative_data_directory_is_meant_from_the_directory_of_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings({"data_dir": "data"}).data_path == tmp_path / "data"


def test_urls_that_are_given_stand() -> None:
    settings = read_settings({"broker_url": "kafka://a:1", "store_url": "postgresql://x"})
    assert (settings.broker, settings.store_location) == ("kafka://a:1", "postgresql://x")
    assert not settings.is_embedded


def test_another_process_reads_the_same_settings_from_the_environment_made_of_them() -> None:
    settings = read_settings({"log.retention_seconds": 0.1, "ingest.port": 0, "reader_secret": "s = '\n"})
    assert read_settings(environ=as_environment(settings)) == settings


def test_a_section_refuses_what_it_does_not_know() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"log": {"partition": 3}}, Settings)


def test_a_time_zone_that_does_not_exist_is_refused_in_one_sentence() -> None:
    with pytest.raises(
        SettingsError, match=r"analytics.time_zone = 'Mars/Base' .* is not a time zone. Name one such as"
    ):
        read_settings(environ={"FEEDBACK_ANALYTICS_TIME_ZONE": "Mars/Base"})
