"""Telemetry: every metric of the service in one list, and how log events are written.

Metrics are named `feedback_<noun>_<unit>`, in base units, with labels from closed sets: never ids. Log events are one
line with fields; they hold no reader data and no secrets.

    metrics = build_metrics(CollectorRegistry())
    metrics.events_accepted.inc()
"""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
# From one fsync of a good disk to the longest transaction allowed.
_RECORDS = (1, 10, 100, 1000, 5000, 10_000, 20_000, 30_000, 50_000)


@dataclass(frozen=True, slots=True)
class Metrics:
    """All metrics, by room. records_received and records draw `received = stored + duplicate + dead + moved`."""

    # ingest
    requests: Counter
    events_accepted: Counter
    events_refused: Counter
    request_bytes: Counter
    append_seconds: Histogram
    append_records: Histogram
    waiting_bytes: Gauge
    # contract, in ingest and worker
    unknown_fields: Counter
    # worker
    records_received: Counter
    records: Counter
    dead_letters: Counter
    dead_letters_mirrored: Counter
    ids_reused: Counter
    step_seconds: Counter
    step_cpu_seconds: Counter
    transaction_seconds: Histogram
    transaction_records: Histogram
    refused_commits: Counter
    visible_seconds: Histogram
    lag_records: Gauge
    worker_lag_records: Gauge
    rebalance_seconds: Histogram
    caught_up_records: Counter
    # store
    maintenance_seconds: Histogram
    store_files: Gauge
    store_bytes: Gauge
    # analytics and dashboard
    question_seconds: Histogram
    question_errors: Counter
    # serve
    restarts: Counter


def build_metrics(registry: CollectorRegistry) -> Metrics:
    """The metrics, registered once in the given registry."""

    def counter(name: str, text: str, *labels: str) -> Counter:
        return Counter(f"feedback_{name}", text, labels, registry=registry)

    def gauge(name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"feedback_{name}", text, labels, registry=registry)

    def seconds(name: str, text: str, *labels: str) -> Histogram:
        return Histogram(f"feedback_{name}", text, labels, buckets=_SECONDS, registry=registry)

    def records(name: str, text: str) -> Histogram:
        return Histogram(f"feedback_{name}", text, buckets=_RECORDS, registry=registry)

    return Metrics(
        requests=counter("ingest_requests_total", "Requests to POST /v1/events, by status of the answer.", "status"),
        events_accepted=counter("events_accepted_total", "Events accepted: durably in the log."),
        events_refused=counter("events_refused_total", "Events and requests refused at ingest, by reason.", "reason"),
        request_bytes=counter("ingest_request_bytes_total", "Bytes of request bodies read, as sent."),
        append_seconds=seconds("ingest_append_seconds", "Time from handing events to the log until it holds them."),
        append_records=records("ingest_append_records", "Events handed to the log at once."),
        waiting_bytes=gauge("ingest_waiting_bytes", "Bytes of events handed to the log and not yet durable."),
        unknown_fields=counter("unknown_fields_total", "Fields left out as the contract does not know them.", "room"),
        records_received=counter("records_received_total", "Records of the log in committed transactions."),
        records=counter("records_total", "Outcomes of records in committed transactions.", "outcome"),
        dead_letters=counter("dead_letters_total", "Dead letters in committed transactions, by reason.", "reason"),
        dead_letters_mirrored=counter("dead_letters_mirrored_total", "Dead letters appended to a .dlq topic."),
        ids_reused=counter("event_ids_reused_total", "Stored events whose id was used for another reader or target."),
        step_seconds=counter("worker_step_seconds_total", "Time the worker spent, by step.", "step"),
        step_cpu_seconds=counter("worker_step_cpu_seconds_total", "CPU time of the worker, by step.", "step"),
        transaction_seconds=seconds("transaction_seconds", "Time of one transaction of the worker."),
        transaction_records=records("transaction_records", "Records of one transaction of the worker."),
        refused_commits=counter("refused_commits_total", "Commits that the store refused, by cause.", "cause"),
        visible_seconds=seconds("visible_seconds", "Time from a record's receipt until its transaction was committed."),
        lag_records=gauge("lag_records", "Records of the log that are not yet stored.", "topic", "partition"),
        worker_lag_records=gauge(
            "worker_lag_records",
            "Records that a worker has still to store, of the partitions it holds.",
            "topic",
            "partition",
        ),
        rebalance_seconds=seconds("rebalance_seconds", "Time a worker had no partitions while they were dealt out."),
        caught_up_records=counter("index_caught_up_records_total", "Casts read back from the store into the index."),
        maintenance_seconds=seconds("maintenance_seconds", "Time of one slice of jobs and maintenance."),
        store_files=gauge("store_files", "Data files of the lake that are in use."),
        store_bytes=gauge("store_bytes", "Bytes of the lake's data files in use."),
        question_seconds=seconds("question_seconds", "Time to answer a question, by its name.", "question"),
        question_errors=counter("question_errors_total", "Questions that failed, by their name.", "question"),
        restarts=counter("part_restarts_total", "Restarts of a part of the service that died.", "part"),
    )


def configure_logging(level: str = "info", *, json: bool = False) -> None:
    """Write log events to standard error from now on: one line each, as JSON or as text for people.

    level is debug, info, warning or error; below it events cost almost nothing.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    renderer = (
        structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            *([structlog.processors.format_exc_info] if json else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
