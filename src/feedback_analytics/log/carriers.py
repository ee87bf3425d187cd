"""Which carrier holds the log."""

from __future__ import annotations

from collections.abc import Callable

from feedback_analytics.log.broker import EmbeddedBroker, KafkaBroker, parse_broker
from feedback_analytics.log.embedded import EmbeddedLog, wall_clock_us
from feedback_analytics.log.kafka import KafkaLog
from feedback_analytics.log.records import EventLog
from feedback_analytics.settings import Settings


def open_log(settings: Settings, now_us: Callable[[], int] = wall_clock_us) -> EventLog:
    """The log that settings.broker names; the embedded one is made if it is not there.

    now_us gives µs UTC, for the embedded one; Kafka's brokers have their own clocks. Raises SettingsError for a broker
    we cannot use or that refuses us, LogError when the log cannot be opened.
    """
    match parse_broker(settings.broker):
        case EmbeddedBroker(folder):
            return EmbeddedLog(folder, settings.log, now_us)
        case KafkaBroker() as broker:
            return KafkaLog(broker, settings.kafka, settings.log)
