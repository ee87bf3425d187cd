"""What docker-compose.yml, the Dockerfile and the files of deploy/ say, read without a container engine."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import requires
from typing import Any

import jsonschema
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.compose import COMPOSE, OURS, ROOT, SERVICES, instructions

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DASHBOARD = json.loads((ROOT / "deploy/grafana/feedback.json").read_text())
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"] if panel["type"] != "row"}
SECRETS = ("FEEDBACK_READER_SECRET", "POSTGRES_PASSWORD")
ROW = re.compile(r"^\| `(feedback_\w+)` \| (\w+) \| ([^|]*) \|", re.MULTILINE)
METRICS = {
    name: (kind, set(re.findall(r"`(\w+)`", labels)))
    for name, kind, labels in ROW.findall((ROOT / "docs/reference/metrics.md").read_text())
}
OF_PROMETHEUS = {"job", "instance", "le"}


def test_the_file_is_what_compose_takes() -> None:
    schema = json.loads((ROOT / "tests/support/compose/compose-spec.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(COMPOSE)


def test_compose_refuses_to_start_without_the_secrets_which_only_those_get_who_need_them() -> None:
    holders = {
        secret: {
            name
            for name, service in SERVICES.items()
            if any(str(value).startswith(f"${{{secret}:?") for value in service.get("environment", {}).values())
        }
        for secret in SECRETS
    }
    writers = {"worker-1", "worker-2"}
    assert holders == {
        "FEEDBACK_READER_SECRET": {"ingest-1", "ingest-2", *writers},
        "POSTGRES_PASSWORD": {"postgres", "dashboard", "sender", *writers},
    }


def test_no_secret_stands_in_a_file() -> None:
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            if re.search("SECRET|PASSWORD|_KEY|TOKEN|MAIL_URL|WEBHOOK", key):
                assert str(value).startswith("${"), f"{name}: {key}"
            assert not re.search(r"//[^/@]*:[^/@]*@", str(value)), f"{name}: {key}"
    text = (ROOT / "Dockerfile").read_text()
    assert "SECRET" not in text and "ARG" not in text


def test_nothing_of_the_file_is_reached_from_other_machines() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published and all(port.startswith("127.0.0.1:") for port in published)


def test_every_image_is_pinned_and_names_no_host() -> None:
    images = [service["image"] for name, service in SERVICES.items() if name not in OURS]
    images += [line.split()[0] for line in instructions("FROM")]
    assert [image for image in images if not re.fullmatch(r"(\w+/)?[\w-]+:v?\d+(\.\d+)+[\w.-]*", image)] == []


def test_every_service_has_a_health_check_and_those_that_start_wait_for_one() -> None:
    for name, service in SERVICES.items():
        assert service["healthcheck"]["test"][0] == "CMD", name
        for needed, how in service.get("depends_on", {}).items():
            assert needed in SERVICES and how == {"condition": "service_healthy"}, name


def test_every_volume_is_declared_and_every_file_that_is_mounted_is_there_to_be_read_only() -> None:
    named = set()
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source, _, *how = volume.split(":")
            if source.startswith("./"):
                assert (ROOT / source).is_file() and how == ["ro"], f"{name}: {volume}"
            else:
                named.add(source)
    assert named == set(COMPOSE["volumes"])


def test_workers_share_the_lake_and_nothing_else() -> None:
    settings = [SERVICES[name]["environment"] for name in ("worker-1", "worker-2")]
    assert len({one["FEEDBACK_STORE_URL"] for one in settings}) == 1
    assert len({one["FEEDBACK_DATA_DIR"] for one in settings}) == 2
    assert [one["FEEDBACK_WORKER_NAME"] for one in settings] == ["worker-1", "worker-2"]


def test_our_parts_get_no_right_that_they_do_not_need() -> None:
    for name in OURS:
        assert SERVICES[name]["cap_drop"] == ["ALL"] and "cap_add" not in SERVICES[name], name
        assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"], name


def test_the_image_runs_a_command_of_the_project_as_an_ordinary_user() -> None:
    assert json.loads(instructions("ENTRYPOINT")[-1]) == ["feedback"] and "feedback" in PROJECT["scripts"]
    assert int(instructions("USER")[-1].partition(":")[0]) >= 1000
    # The user owns the folder of the volume, else nothing could be written there.
    assert "--owner feedback" in " ".join(instructions("RUN")) and instructions("VOLUME") == ["/data"]


def test_the_image_exposes_the_ports_that_its_parts_listen_on() -> None:
    settings = [SERVICES[name]["environment"] for name in OURS]
    ports = {str(one["FEEDBACK_INGEST_PORT"]) for one in settings if "FEEDBACK_INGEST_PORT" in one}
    address = "FEEDBACK_TELEMETRY_METRICS_ADDRESS"
    ports |= {one[address].rpartition(":")[2] for one in settings if address in one}
    assert set(instructions("EXPOSE")[-1].split()) == ports


def test_the_image_is_built_from_files_that_are_there_and_not_ignored() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    copied = [path for line in instructions("COPY") if not line.startswith("--from=") for path in line.split()[:-1]]
    assert {PROJECT["readme"], *PROJECT["license-files"], "deploy/requirements.txt"} <= set(copied)
    for path in copied:
        assert (ROOT / path).exists(), path
        matching = [rule for rule in rules if fnmatch(path, rule.removeprefix("!"))]
        assert matching[-1].startswith("!"), f"{path} is ignored"  # the last rule that matches decides


def test_what_goes_into_the_image_is_pinned_as_the_project_asks() -> None:
    lines = (ROOT / "deploy/requirements.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    versions = {canonicalize_name(name): version for name, version in pinned.items()}
    for wanted in needed([Requirement(text) for text in PROJECT["dependencies"]], set()):
        name = canonicalize_name(wanted.name)
        assert name in versions, f"{name} is missing: make requirements"
        assert wanted.specifier.contains(versions[name]), f"{wanted} is not {versions[name]}: make requirements"


def needed(wanted: list[Requirement], seen: set[str]) -> Iterator[Requirement]:
    """What is asked for, and what that asks for in its turn."""
    for one in wanted:
        yield one
        if str(one) not in seen:
            seen.add(str(one))
            asked = [Requirement(text) for text in requires(one.name) or []]
            extras = ["", *one.extras]
            due = [a for a in asked if not a.marker or any(a.marker.evaluate({"extra": extra}) for extra in extras)]
            yield from needed(due, seen)


def test_prometheus_asks_every_part_that_shows_figures_where_it_listens() -> None:
    prometheus = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text())
    jobs = {job["job_name"]: job["static_configs"][0]["targets"] for job in prometheus["scrape_configs"]}
    wanted: dict[str, list[str]] = {}
    for name in OURS:
        settings: dict[str, Any] = SERVICES[name]["environment"]
        _, _, port = settings.get("FEEDBACK_TELEMETRY_METRICS_ADDRESS", "").rpartition(":")
        if port := port or settings.get("FEEDBACK_INGEST_PORT"):
            wanted.setdefault(name.partition("-")[0], []).append(f"{name}:{port}")
    assert jobs == wanted


def test_every_panel_asks_for_metrics_and_labels_that_there_are() -> None:
    for title, panel in PANELS.items():
        for target in panel["targets"]:
            asked = re.findall(r"feedback_\w+", target["expr"])
            assert asked or target["expr"].startswith("up{"), title
            labels = set(OF_PROMETHEUS)
            for name in asked:
                base = re.sub(r"_(bucket|sum|count)$", "", name)
                known = base if METRICS.get(base, ("",))[0] == "histogram" else name
                assert known in METRICS, f"{title}: there is no {name}"
                labels |= METRICS[known][1]
            grouped = {label.strip() for by in re.findall(r"by \(([^)]*)\)", target["expr"]) for label in by.split(",")}
            shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert grouped <= labels and shown <= labels, f"{title}: {(grouped | shown) - labels}"


def test_the_dashboard_shows_what_an_operator_has_to_watch() -> None:
    text = " ".join(target["expr"] for panel in PANELS.values() for target in panel["targets"])
    for wanted in (
        "feedback_events_accepted_total",
        "feedback_events_refused_total",
        "feedback_lag_records",
        "feedback_transaction_seconds_bucket",
        "feedback_refused_commits_total",
        "feedback_dead_letters_total",
        "feedback_visible_seconds_bucket",
        "feedback_worker_step_cpu_seconds_total",
        "feedback_part_restarts_total",
        "feedback_question_seconds_bucket",
    ):
        assert wanted in text


def test_grafana_finds_its_source_and_its_dashboard() -> None:
    source = yaml.safe_load((ROOT / "deploy/grafana/datasource.yml").read_text())["datasources"][0]
    assert source["url"] == "http://prometheus:9090" and SERVICES["prometheus"]["ports"] == ["127.0.0.1:9090:9090"]
    assert {panel["datasource"]["uid"] for panel in PANELS.values()} == {source["uid"]}
    folder = yaml.safe_load((ROOT / "deploy/grafana/dashboards.yml").read_text())["providers"][0]["options"]["path"]
    targets = [volume.split(":")[1] for volume in SERVICES["grafana"]["volumes"]]
    assert f"{folder}/feedback.json" in targets
