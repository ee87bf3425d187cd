"""The whole picture of docker-compose.yml as plain processes, on a real Kafka, a real PostgreSQL and a real proxy."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

import feedback_analytics
from feedback_analytics.settings import IngestSettings
from tests.support.builders import a_vote, an_article
from tests.support.compose import COMPOSE, PARTS, ROOT, SERVICES, Machine, Parts
from tests.support.kafka import Broker, fetch_jars, format_broker
from tests.support.postgres import PASSWORD, running_cluster

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

GIVEN = {"FEEDBACK_READER_SECRET": "a secret of the compose test", "POSTGRES_PASSWORD": PASSWORD}


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """Everything that `docker compose up --wait` starts but Prometheus and Grafana; healthy."""
    machine = Machine(tmp_path_factory.mktemp("compose"), GIVEN)
    running = Parts(machine)
    with ExitStack() as stack:
        cluster = stack.enter_context(running_cluster())
        database = SERVICES["postgres"]["environment"]
        assert (database["POSTGRES_USER"], database["POSTGRES_PASSWORD"][:20]) == ("feedback", "${POSTGRES_PASSWORD:")
        cluster.run(f"create database {database['POSTGRES_DB']}")
        machine.ports["postgres", "5432"] = cluster.port
        broker = kafka_of_the_file(machine)
        stack.callback(broker.stop)
        broker.start()
        stack.callback(running.stop)
        for name in [*PARTS, "proxy"]:
            running.start(name)
        for name in [*PARTS, "proxy"]:
            running.wait_until(lambda name=name: running.is_healthy(name), f"{name} was not healthy")
        yield running


def kafka_of_the_file(machine: Machine) -> Broker:
    """A real Kafka with the settings of the service `kafka`, translated as its image does."""
    fetch_jars()
    environment = SERVICES["kafka"]["environment"]
    settings = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): machine.here("kafka", value)
        for name, value in environment.items()
        if name.startswith("KAFKA_")
    }
    properties = "".join(f"{name}={value}\n" for name, value in settings.items())
    return format_broker(machine.folder, machine.port("kafka", "19092"), properties, environment["CLUSTER_ID"])


def post(url: str, body: bytes) -> tuple[int, dict[str, Any]]:
    headers = {"Content-Type": "application/cloudevents-batch+json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{url}/v1/events", body, headers), timeout=30) as answer:
            return int(answer.status), dict(json.load(answer))
    except urllib.error.HTTPError as error:
        return error.code, dict(json.loads(error.read() or "{}"))


def accepted(url: str, *events: dict[str, Any]) -> int:
    status, said = post(url, json.dumps(events).encode())
    assert (status, said["refused"]) == (202, 0), said
    return int(said["accepted"])


def is_accepted(url: str, event: dict[str, Any]) -> bool:
    status, _ = post(url, json.dumps([event]).encode())
    assert status in (202, 502, 503), status
    return status == 202


def read(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return int(answer.status), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def counted(parts: Parts) -> list[tuple[Any, ...]]:
    """What an analyst sees by SQL on the catalog in PostgreSQL."""
    store = parts.machine.environment("dashboard")["FEEDBACK_STORE_URL"]
    with feedback_analytics.connect(store.replace("feedback@", f"feedback:{PASSWORD}@")) as lake:
        return lake.sql("select title, votes, useful from mart.article_usefulness").fetchall()


def owners(parts: Parts) -> set[str | None]:
    told = parts.feedback("worker-1", "positions", "list", "--json")
    assert told.returncode == 0, told.stderr
    return {row["worker"] for row in json.loads(told.stdout)}


def figures(parts: Parts, job: str, metric: str) -> list[float]:
    """The sums of a metric that Prometheus would read from each target of a job, as its own file says."""
    [wanted] = [one for one in scraped()["scrape_configs"] if one["job_name"] == job]
    sums = []
    for target in wanted["static_configs"][0]["targets"]:
        status, text = read(f"http://{parts.machine.here('prometheus', target)}/metrics")
        assert status == 200, target
        families = text_string_to_metric_families(text)
        samples = [sample for family in families for sample in family.samples if sample.name == metric]
        assert samples, f"{target} does not show {metric}"
        sums.append(sum(sample.value for sample in samples))
    return sums


def scraped() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text()))


def test_votes_that_come_through_the_proxy_are_counted_once_by_two_workers_shown_and_measured(parts: Parts) -> None:
    url = parts.machine.published("proxy")
    votes = [a_vote("harbour-bridge", reader=f"r{number}", useful=number % 4 > 0) for number in range(200)]
    sent = accepted(url, an_article("harbour-bridge", title="A bridge for the harbour"))
    sent += sum(accepted(url, *votes[at : at + 10], votes[at]) for at in range(0, 200, 10))
    # What went to one ingest and comes again to the other counts once, too.
    sent += sum(accepted(parts.machine.url(name, "8080"), *votes[:5]) for name in ("ingest-1", "ingest-2"))
    assert sent == 1 + 220 + 10

    everything = [("A bridge for the harbour", 200, 150)]
    parts.wait_until(lambda: counted(parts) == everything, "the votes were not counted")
    assert owners(parts) == {"worker-1", "worker-2"}
    status, answer = read(f"{url}/v1/articles/harbour-bridge")
    assert status == 200 and '"votes":200' in answer.replace(" ", ""), answer
    pages = ["/", "/article/harbour-bridge", "/docs", "/widget.js", "/readyz", "/metrics", "/v1/nothing"]
    assert [read(url + page)[0] for page in pages] == [200, 200, 200, 200, 200, 404, 404]

    by_ingest = figures(parts, "ingest", "feedback_events_accepted_total")
    assert sum(by_ingest) == sent and min(by_ingest) > 0
    parts.wait_until(
        lambda: sum(figures(parts, "worker", "feedback_records_received_total")) == sent, "the workers' figures differ"
    )
    assert min(figures(parts, "worker", "feedback_records_received_total")) > 0
    assert figures(parts, "dashboard", "feedback_lag_records") == [0]
    assert figures(parts, "dashboard", "feedback_question_seconds_count")[0] > 0


def test_the_proxy_lets_through_as_much_as_the_service_takes_and_no_more(parts: Parts) -> None:
    url = parts.machine.published("proxy")
    status, said = post(url, b" " * IngestSettings().max_body_bytes)
    assert status == 400 and "JSON" in json.dumps(said)  # the service has read it to its end
    # The service refuses more before it has read it. Its 413 may come too late for the proxy, which then says 502, or
    # for whoever is sending; the next one finds both ingests there.
    with suppress(urllib.error.URLError):
        assert post(url, b" " * (IngestSettings().max_body_bytes + 1))[0] in (413, 502)
    assert [read(f"{url}/healthz")[0] for _ in range(4)] == [200] * 4


def test_votes_go_on_when_a_worker_and_an_ingest_are_killed(parts: Parts) -> None:
    url, [(title, before, useful)] = parts.machine.published("proxy"), counted(parts)
    for name in ("worker-2", "ingest-2"):
        killed = parts.processes.pop(name)
        killed.kill()
        killed.wait()
    late = [a_vote("harbour-bridge", reader=f"late-{number}") for number in range(40)]
    for vote in late:
        # What was on its way to the killed one is answered 502: the sender sends the same again, as the widget does.
        parts.wait_until(lambda vote=vote: is_accepted(url, vote), "the vote was not taken")
    parts.wait_until(lambda: counted(parts) == [(title, before + 40, useful + 40)], "votes did not go on")
    assert owners(parts) == {"worker-1"}
    ledger = parts.feedback("worker-1", "ledger")
    assert ledger.returncode == 0, ledger.stdout + ledger.stderr


def test_the_sender_reads_the_store_that_the_workers_fill(parts: Parts) -> None:
    _, program, *check = SERVICES["sender"]["healthcheck"]["test"]
    told = parts.feedback("sender", *check)
    assert (program, told.returncode) == ("feedback", 0), told.stderr


def test_every_part_ends_by_itself_when_compose_stops_it(parts: Parts) -> None:
    for process in parts.processes.values():
        process.terminate()
    grace = float(COMPOSE["x-part"]["stop_grace_period"].removesuffix("s"))
    ended = {name: process.wait(grace) for name, process in parts.processes.items()}
    assert ended == {name: 0 for name in ended}, {name: parts.output(name)[-2000:] for name in ended}
