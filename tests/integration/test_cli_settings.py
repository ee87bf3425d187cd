"""What a bad setting, a wrong place, another secret or a newer store gets: one sentence with the remedy."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path

import pytest

from feedback_analytics.settings import Settings
from feedback_analytics.store import open_writer
from tests.support.builders import a_vote
from tests.support.commands import as_lines, feedback
from tests.support.house import utc_now

OTHER_SECRET = {"FEEDBACK_READER_SECRET": "another secret of 32 bytes, here."}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one vote in it."""
    folder = tmp_path_factory.mktemp("settings") / "data"
    assert feedback("import", "-", "--data", folder, given=as_lines([a_vote()])).code == 0
    assert feedback("worker", "--until-caught-up", "--data", folder).code == 0
    return folder


def test_config_shows_every_setting_with_its_value_and_where_it_came_from_and_masks_secrets(tmp_path: Path) -> None:
    file = tmp_path / "feedback.toml"
    file.write_text("[log]\npartitions = 8\n")
    environ = {"FEEDBACK_INGEST_PORT": "8081", **OTHER_SECRET}
    told = feedback("config", "--json", "--config", file, "--data", tmp_path, environ=environ)
    rows = {row["name"]: (row["value"], row["source"]) for row in json.loads(told.out)}
    assert rows["data_dir"] == (str(tmp_path), "flag")
    assert rows["ingest.port"] == ("8081", "environment FEEDBACK_INGEST_PORT")
    assert rows["log.partitions"] == ("8", f"file {file}")
    assert rows["reader_secret"] == ("***", "environment FEEDBACK_READER_SECRET")
    assert rows["ingest.host"] == ("127.0.0.1", "default")
    table = feedback("config", environ=OTHER_SECRET)
    assert table.code == 0 and OTHER_SECRET["FEEDBACK_READER_SECRET"] not in table.out


def test_an_unknown_or_impossible_setting_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    told = feedback("config", environ={"FEEDBACK_LOG_PARTITION": "3"})
    assert told.is_refusal("unknown setting FEEDBACK_LOG_PARTITION in the environment. Did you mean FEEDBACK_LOG_PART")
    told = feedback("serve", environ={"FEEDBACK_INGEST_PORT": "high"})
    assert told.is_refusal("ingest.port = 'high' (environment FEEDBACK_INGEST_PORT) is not possible")
    assert feedback("serve", "--port", "70000").is_refusal("ingest.port = 70000 (flag)", "<= 65535")
    file = tmp_path / "feedback.toml"
    file.write_text("[log]\npartitons = 8\n")
    told = feedback("worker", "--config", file)
    assert told.is_refusal(f"unknown setting log.partitons (file {file}). Did you mean log.partitions?")
    assert feedback("config", "--config", tmp_path / "none").is_refusal(f"no settings file at {tmp_path}/none")


def test_a_file_in_place_of_the_data_directory_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for command in (("serve", "--port", "0"), ("worker",), ("sql", "select 1")):
        told = feedback(*command, "--data", file)
        assert told.is_refusal(f"data_dir = '{file}' (flag) is not a folder. Point --data, or FEEDBACK_DATA_DIR")


def test_a_broker_that_is_none_is_refused_with_those_that_are() -> None:
    told = feedback("worker", environ={"FEEDBACK_BROKER_URL": "confluent://localhost:9092"})
    assert told.is_refusal("Faust's confluent driver receives nothing", "kafka://HOST:PORT")
    told = feedback("ingest", "--port", "0", environ={"FEEDBACK_BROKER_URL": "nats://localhost"})
    assert "'nats://localhost' is no broker we know. Use embedded:DIR" in told.error and told.code == 1


def test_a_store_url_that_is_none_is_refused_with_those_that_are(tmp_path: Path) -> None:
    for command in (("sql", "select 1"), ("worker", "--until-caught-up")):
        told = feedback(*command, "--data", tmp_path, environ={"FEEDBACK_STORE_URL": "mysql://localhost"})
        assert told.is_refusal("unknown store URL 'mysql://localhost'. Write sqlite:DIR")


def test_a_secret_that_is_missing_or_too_short_is_refused(tmp_path: Path) -> None:
    told = feedback("worker", "--data", tmp_path, environ={"FEEDBACK_BROKER_URL": "kafka://127.0.0.1:9092"})
    assert told.is_refusal("reader_secret is not set", "FEEDBACK_READER_SECRET", "openssl rand -hex 32")
    told = feedback("worker", "--data", tmp_path, environ={"FEEDBACK_READER_SECRET": "short"})
    assert told.is_refusal("reader_secret has 5 bytes; it must have 16 to 64")


def test_another_secret_than_that_of_the_store_is_refused_by_all_that_write_pseudonyms(data: Path) -> None:
    for command in (("worker", "--until-caught-up"), ("import", "-")):
        told = feedback(*command, "--data", data, environ=OTHER_SECRET)
        assert told.is_refusal("the reader secret is not the one this store was made with", "FEEDBACK_READER_SECRET")
    told = feedback("serve", "--port", "0", "--data", data, environ=OTHER_SECRET)
    assert told.code == 1
    assert told.error.count("the reader secret is not the one this store was made with") >= 1


def test_a_secret_that_was_lost_is_not_made_anew(data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "data"
    shutil.copytree(data, copy)
    (copy / "reader.secret").unlink()
    told = feedback("worker", "--until-caught-up", "--data", copy)
    assert told.is_refusal(f"{copy}/reader.secret is missing beside a store", "Put it back from a backup")


def test_a_store_of_a_newer_release_is_refused(data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "data"
    shutil.copytree(data, copy)
    with open_writer(Settings(data_dir=str(copy)), secret_fingerprint=None, now=utc_now) as writer:
        writer._engine.execute("update raw.store_facts set value = '999' where name = 'schema_version'")
    for command in (("sql", "select 1"), ("worker", "--until-caught-up")):
        told = feedback(*command, "--data", copy)
        assert told.is_refusal("the store has schema version 999", "Install the newer release")
    told = feedback("serve", "--port", "0", "--data", copy)
    assert told.code == 1 and "the store has schema version 999" in told.error


def test_a_port_in_use_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        for command in ("serve", "ingest", "dashboard"):
            told = feedback(command, "--port", port, "--data", tmp_path / "data")
            assert told.is_refusal(f"cannot listen on 127.0.0.1 port {port}: Address already in use", "--port")
    assert not (tmp_path / "data").exists()


def test_a_worker_that_cannot_show_its_metrics_says_so(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        environ = {"FEEDBACK_TELEMETRY_METRICS_ADDRESS": address}
        told = feedback("worker", "--until-caught-up", "--data", data, environ=environ)
    assert told.is_refusal(f"telemetry.metrics_address = '{address}': cannot listen there", "0.0.0.0:9100")
    told = feedback("worker", "--data", data, environ={"FEEDBACK_TELEMETRY_METRICS_ADDRESS": "9100"})
    assert told.is_refusal("telemetry.metrics_address = '9100'")
