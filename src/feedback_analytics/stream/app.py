"""The Faust app: one agent over both topics, the same on both carriers."""

from __future__ import annotations

import ssl
from typing import Any

import faust
from faust.auth import SASLCredentials, SSLCredentials
from faust.tables.manager import TableManager

from feedback_analytics.contract import ARTICLES_TOPIC, VOTES_TOPIC
from feedback_analytics.log import EmbeddedBroker, EventLog, KafkaBroker, parse_broker
from feedback_analytics.settings import Settings
from feedback_analytics.stream.pump import Pump
from feedback_analytics.stream.rebalances import RebalanceClock

GROUP = "feedback-analytics"
"""The consumer group, and Faust's app id."""

FETCH_BYTES = 4 * 2**20
"""Most bytes of one fetch and partition from Kafka: below 1 MiB the process waits, above 4 it only takes memory."""

SESSION_SECONDS, HEARTBEAT_SECONDS = 10.0, 2.0
"""A worker that died is missed after the session; Faust's own default is 60 s."""

BUFFERED_BATCHES = 8
"""Batches that may wait between Faust's fetcher and our agent, per stream."""


class FeedbackApp(faust.App):
    """A Faust app that knows its pump and its log; the transports find both there. It keeps no files."""

    pump: Pump
    event_log: EventLog

    def _create_directories(self) -> None:
        """Faust makes folders for its tables; there are none."""


class NoTables(TableManager):
    """Faust's table manager without tables: it need not wait for any to be declared."""

    async def on_start(self) -> None:
        """As Faust's, but for its pause of a second."""
        await self._update_channels()
        await self.recovery.start()


def broker_of(url: str) -> str:
    """The URL as Faust knows it: our own schemes for both carriers."""
    broker = parse_broker(url)
    if isinstance(broker, EmbeddedBroker):
        return f"embedded://{broker.folder}"
    return ";".join(f"batchkafka://{server}" for server in broker.servers)


def credentials_of(settings: Settings) -> SASLCredentials | SSLCredentials | None:
    """By what aiokafka is let in: certificate, or user and password; None where anyone is."""
    broker, kafka = parse_broker(settings.broker), settings.kafka
    if not isinstance(broker, KafkaBroker):
        return None
    context = None
    if broker.is_encrypted:
        context = ssl.create_default_context(cafile=kafka.ca_file or None)
        if kafka.cert_file:
            context.load_cert_chain(kafka.cert_file, kafka.key_file)
    if kafka.username:
        return SASLCredentials(
            username=kafka.username, password=kafka.password, ssl_context=context, mechanism=kafka.sasl_mechanism
        )
    return None if context is None else SSLCredentials(context)


def build_app(settings: Settings, pump: Pump, log: EventLog) -> FeedbackApp:
    """The app for the broker of the settings. It opens no port and no table, and keeps no state of its own."""
    app = FeedbackApp(
        GROUP,
        broker=broker_of(settings.broker),
        broker_credentials=credentials_of(settings),
        store="memory://",
        TableManager=NoTables,
        # No environment: Faust would read settings of its own from names like BROKER_URL.
        env={},
        web_enabled=False,
        topic_disable_leader=True,
        stream_wait_empty=False,
        stream_buffer_maxsize=BUFFERED_BATCHES,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=FETCH_BYTES,
        consumer_group_instance_id=settings.worker_name,
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=HEARTBEAT_SECONDS,
    )
    app.pump, app.event_log = pump, log
    app.sensors.add(RebalanceClock(pump.note_rebalance))
    topic = app.topic(VOTES_TOPIC, ARTICLES_TOPIC, key_type=bytes, value_type=bytes, value_serializer="raw")

    @app.agent(topic, name="votes-and-articles")
    async def hand_over(stream: Any) -> None:
        async for event in stream.noack().events():
            await pump.put(event)

    return app
