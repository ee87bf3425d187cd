"""The log on Kafka: an idempotent producer that waits for all replicas, and a reader of committed records.

    with KafkaLog(KafkaBroker(("broker:9092",)), KafkaSettings(), LogSettings()) as log:
        log.create_topic("feedback.votes.v1", 4)

It promises what EventLog promises. Retention is the broker's own: what it has cut has no seal here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from typing import Any, Self

import confluent_kafka as kafka
import structlog
import xxhash
from confluent_kafka import admin

from feedback_analytics.errors import LogError
from feedback_analytics.log.broker import KafkaBroker
from feedback_analytics.log.kafka_security import client_options, is_final, turned_away, unusable_files
from feedback_analytics.log.kafka_topics import config_of_new_topic, refuse_unsafe, shortcomings
from feedback_analytics.log.parcels import MAX_RECORD_BYTES, Parcel, wrap
from feedback_analytics.log.records import LoggedRecord, NewRecord, OffsetRange, Place, Seal
from feedback_analytics.settings import KafkaSettings, LogSettings

CONNECT_SECONDS = 10.0
"""How long brokers may take to answer at all, when the log is opened; a no ends the wait."""

REQUEST_SECONDS = 15.0
"""Longest wait for an answer of the brokers to anything but an append."""

DELIVERY_SECONDS = 30.0
"""Longest time an append may take, tries included; then it is given up and the sender told to come back."""

LINGER_MS = 2
"""How long a record waits for company: far below the time of an answer, and enough to fill requests under load."""

COMPRESSION = "zstd"
"""A vote takes 90 to 100 bytes of the brokers' disks, not 442, for as much CPU as without, writing and reading;
lz4 leaves 130, gzip takes twice the CPU. Measured with 150,000 votes, 20 and 20,000 in an append."""

POLL_SECONDS = 0.1
READ_RECORDS = 10_000
FULL_RETRY_SECONDS = 1.0
BROKERS_RETRY_SECONDS = 5.0
LEADER_CHANGES = {
    kafka.KafkaError.NOT_LEADER_FOR_PARTITION,
    kafka.KafkaError.LEADER_NOT_AVAILABLE,
    kafka.KafkaError.UNKNOWN_TOPIC_OR_PART,
    kafka.KafkaError.FENCED_LEADER_EPOCH,
    kafka.KafkaError.UNKNOWN_LEADER_EPOCH,
}
"""What brokers answer while a topic was made, its leader changed, or they started again, a moment ago."""

NOT_ALLOWED = {
    kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED,
    kafka.KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    kafka.KafkaError.GROUP_AUTHORIZATION_FAILED,
}
"""What brokers answer when the user lacks a right; another try will not mend it."""

_names: Any = admin
# What it offers is not exported for type checkers.


class KafkaLog:
    """The topics of a Kafka cluster as one log. Every trouble with the brokers is a LogError."""

    def __init__(self, broker: KafkaBroker, security: KafkaSettings, settings: LogSettings) -> None:
        """Raises SettingsError when brokers refuse us, LogError when none answers."""
        self._servers, self._settings = ",".join(broker.servers), settings
        self._client: dict[str, Any] = {
            "bootstrap.servers": self._servers,
            "log_level": 0,
            **client_options(broker, security),
        }
        self._admin: Any = self._connect(broker, security)
        self._partitions: dict[str, int] = {}
        # Callbacks of a flush run in the thread that holds it.
        self._sending = threading.RLock()
        self._waiting_bytes = 0
        self._has_failed = False
        self._producer = self._new_producer()
        self._is_closed = False
        self._poller = threading.Thread(target=self._poll, name="kafka-producer", daemon=True)
        self._poller.start()

    def _connect(self, broker: KafkaBroker, security: KafkaSettings) -> Any:
        """A client for brokers that have answered."""
        troubles: list[tuple[str, str]] = []
        told: dict[str, Any] = {"error_cb": lambda error: troubles.append((error.name(), error.str()))}
        try:
            client = admin.AdminClient(self._client | told)
        except kafka.KafkaException as error:
            raise unusable_files(security, error.args[0].str()) from error
        deadline, wait_seconds = time.monotonic() + CONNECT_SECONDS, POLL_SECONDS
        while True:
            try:
                # Short waits first, to hear of a no at once; then long enough for brokers that are far away.
                wait_seconds *= 2
                client.list_topics(timeout=wait_seconds)
                # Another one: with nobody to poll it, this one would keep every error of its life.
                return admin.AdminClient(self._client)
            except kafka.KafkaException as error:
                client.poll(0)
                if any(map(is_final, troubles)) or time.monotonic() > deadline:
                    raise turned_away(broker, security, troubles) from error

    def log_id(self, topic: str) -> str:
        return str(self._describe(topic).topic_id)

    def create_topic(self, topic: str, partitions: int) -> None:
        wanted = _names.NewTopic(topic, partitions, -1, config=config_of_new_topic(self._settings.retention_seconds))
        code = None
        with self._as_log_errors():
            try:
                self._admin.create_topics([wanted], request_timeout=REQUEST_SECONDS)[topic].result(REQUEST_SECONDS)
            except kafka.KafkaException as error:
                code = error.args[0].code()
                if code not in {kafka.KafkaError.TOPIC_ALREADY_EXISTS, *NOT_ALLOWED}:
                    raise
        # Who may not make a topic is told so of one that is there, too.
        there = self.partitions(topic) if code in NOT_ALLOWED else self._partitions_when_made(topic)
        if there != partitions:
            raise LogError(
                f"topic {topic} has {there} partitions on {self._servers}, {partitions} are asked for. The number is "
                f"fixed for the life of a topic: set log.partitions to {there}.",
                retry_after_seconds=None,
            )
        self._check_config(topic)

    def topics(self) -> list[str]:
        with self._as_log_errors():
            listed = self._admin.list_topics(timeout=REQUEST_SECONDS).topics
        return sorted(name for name in listed if not name.startswith("__"))

    def partitions(self, topic: str) -> int:
        known = self._partitions.get(topic)
        if known is None:
            known = self._partitions[topic] = len(self._describe(topic).partitions)
        return known

    def append(self, records: Sequence[NewRecord]) -> Future[list[Place]]:
        for record in records:
            self._refuse_partition(record.topic, record.partition)
        parcel = wrap(records)
        with self._sending:
            self._refuse_when_full(parcel)
            self._waiting_bytes += parcel.size_bytes
            _Delivery(parcel, self._give_back).send(self._producer)
        return parcel.done

    def ranges(self, topic: str) -> dict[int, OffsetRange]:
        places = [kafka.TopicPartition(topic, partition) for partition in range(self.partitions(topic))]
        earliest, latest = (
            self._offsets(places, _names.OffsetSpec.earliest()),
            self._offsets(places, _names.OffsetSpec.latest()),
        )
        return {place.partition: OffsetRange(earliest[place], latest[place]) for place in places}

    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[LoggedRecord]:
        self._refuse_partition(topic, partition)
        held = self.ranges(topic)[partition]
        if not held.earliest <= offset <= held.next:
            raise LogError(
                f"{topic}[{partition}]@{offset} is not on {self._servers}, which holds [{held.earliest}, {held.next}) "
                "of it.",
                retry_after_seconds=None,
            )
        records: list[LoggedRecord] = []
        for message in self._messages(topic, partition, offset, held.next):
            if len(records) == max_records:
                break
            headers = tuple((str(name), value or b"") for name, value in message.headers() or ())
            key, value = message.key() or b"", message.value() or b""
            records.append(LoggedRecord(message.offset(), message.timestamp()[1] * 1000, key, value, headers))
        return records

    def seal(self, topic: str, partition: int, first: int, next: int) -> Seal | None:
        self._refuse_partition(topic, partition)
        held = self.ranges(topic)[partition]
        if not held.earliest <= first <= next <= held.next:
            return None
        count = xor = 0
        for message in self._messages(topic, partition, first, next):
            count += 1
            xor ^= xxhash.xxh3_64_intdigest(message.value() or b"", seed=message.offset())
        return Seal(count, xor)

    def retain(self, topic: str, stored: Mapping[int, int], older_than_us: int) -> int:
        return 0

    def close(self) -> None:
        self._producer.flush(DELIVERY_SECONDS)
        self._is_closed = True
        self._poller.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _new_producer(self) -> kafka.Producer:
        return kafka.Producer(
            {
                **self._client,
                "error_cb": self._on_error,
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": LINGER_MS,
                "compression.type": COMPRESSION,
                # Room for what a request adds; still below what brokers take by default (1,048,588).
                "message.max.bytes": MAX_RECORD_BYTES + 40_000,
                "delivery.timeout.ms": int(DELIVERY_SECONDS * 1000),
                # Twice what may wait, so that log.max_waiting_bytes is the limit that is met, with a sentence.
                "queue.buffering.max.kbytes": max(1024, 2 * self._settings.max_waiting_bytes // 1024),
                "queue.buffering.max.messages": 0,
            }
        )

    def _on_error(self, error: kafka.KafkaError) -> None:
        self._has_failed = self._has_failed or error.fatal()

    def _poll(self) -> None:
        """Run the callbacks of deliveries; an idempotent producer that cannot go on is replaced."""
        while not self._is_closed:
            self._producer.poll(POLL_SECONDS)
            if self._has_failed:
                with self._sending:
                    self._producer.purge()
                    self._producer.flush(POLL_SECONDS)
                    self._producer, self._has_failed = self._new_producer(), False

    def _give_back(self, size_bytes: int) -> None:
        with self._sending:
            self._waiting_bytes -= size_bytes

    def _refuse_when_full(self, parcel: Parcel) -> None:
        if self._is_closed:
            raise LogError(f"the log on {self._servers} is closed.", retry_after_seconds=None)
        if self._waiting_bytes and self._waiting_bytes + parcel.size_bytes > self._settings.max_waiting_bytes:
            raise LogError(
                f"{self._waiting_bytes} bytes wait for {self._servers}; log.max_waiting_bytes allows "
                f"{self._settings.max_waiting_bytes}. Send again later.",
                FULL_RETRY_SECONDS,
            )

    def _refuse_partition(self, topic: str, partition: int) -> None:
        if not 0 <= partition < self.partitions(topic):
            raise LogError(f"topic {topic} has no partition {partition}.", retry_after_seconds=None)

    def _check_config(self, topic: str) -> None:
        resource = _names.ConfigResource(_names.ResourceType.TOPIC, topic)
        with self._as_log_errors():
            found = self._admin.describe_configs([resource], request_timeout=REQUEST_SECONDS)[resource]
            config = {name: entry.value for name, entry in found.result(REQUEST_SECONDS).items()}
        refuse_unsafe(topic, self._servers, config)
        for sentence in shortcomings(topic, config, self._settings.retention_seconds):
            structlog.get_logger("log").warning("topic_short", why=sentence)

    def _describe(self, topic: str) -> Any:
        with self._as_log_errors():
            asked = self._admin.describe_topics(kafka.TopicCollection([topic]), request_timeout=REQUEST_SECONDS)
            try:
                return asked[topic].result(REQUEST_SECONDS)
            except kafka.KafkaException as error:
                if error.args[0].code() != kafka.KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise
        raise LogError(f"there is no topic {topic} on {self._servers}. Make it first: feedback serve does.", None)

    def _partitions_when_made(self, topic: str) -> int:
        """Partitions of a topic that was made just now: other brokers hear of it a moment later."""
        deadline = time.monotonic() + REQUEST_SECONDS
        while True:
            try:
                return self.partitions(topic)
            except LogError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(POLL_SECONDS)

    def _offsets(self, places: Sequence[kafka.TopicPartition], which: Any) -> dict[kafka.TopicPartition, int]:
        deadline = time.monotonic() + REQUEST_SECONDS
        while True:
            with self._as_log_errors():
                asked = self._admin.list_offsets(
                    dict.fromkeys(places, which),
                    isolation_level=kafka.IsolationLevel.READ_COMMITTED,
                    request_timeout=REQUEST_SECONDS,
                )
                try:
                    return {place: int(asked[place].result(REQUEST_SECONDS).offset) for place in places}
                except kafka.KafkaException as error:
                    if error.args[0].code() not in LEADER_CHANGES or time.monotonic() > deadline:
                        raise
                    # A client that knows the broker from before its new start keeps asking with the former epoch.
                    self._admin = admin.AdminClient(self._client)
            time.sleep(POLL_SECONDS)

    def _messages(self, topic: str, partition: int, first: int, end: int) -> Iterator[Any]:
        """The committed records at the offsets [first, end)."""
        if first >= end:
            return
        settings = {"group.id": "feedback-reader", "enable.auto.commit": False, "enable.partition.eof": True}
        consumer = kafka.Consumer({**self._client, **settings, "isolation.level": "read_committed"})
        try:
            consumer.assign([kafka.TopicPartition(topic, partition, first)])
            deadline = time.monotonic() + REQUEST_SECONDS
            while time.monotonic() < deadline:
                messages: list[Any] = consumer.consume(READ_RECORDS, POLL_SECONDS)
                for message in messages:
                    deadline = time.monotonic() + REQUEST_SECONDS
                    error = message.error()
                    if error is not None and error.code() != kafka.KafkaError._PARTITION_EOF:
                        raise self._log_error(error)
                    if error is not None or message.offset() >= end:
                        return
                    yield message
            raise self._log_error(kafka.KafkaError(kafka.KafkaError._TIMED_OUT))
        finally:
            consumer.close()

    @contextmanager
    def _as_log_errors(self) -> Iterator[None]:
        try:
            yield
        except kafka.KafkaException as error:
            raise self._log_error(error.args[0]) from error
        except TimeoutError as error:
            raise LogError(f"Kafka at {self._servers} did not answer.", BROKERS_RETRY_SECONDS) from error

    def _log_error(self, error: kafka.KafkaError) -> LogError:
        if error.code() in NOT_ALLOWED:
            return LogError(
                f"Kafka at {self._servers} does not allow it: {error.str().strip('.')}. Give the user of "
                "FEEDBACK_KAFKA_USERNAME, or of the certificate, the rights that the guide to Kafka lists.",
                retry_after_seconds=None,
            )
        return LogError(
            f"Kafka at {self._servers} did not do it: {error.str()}. Check FEEDBACK_BROKER_URL and the brokers.",
            BROKERS_RETRY_SECONDS,
        )


class _Delivery:
    """The records of one append on their way; done when the last one has been answered."""

    def __init__(self, parcel: Parcel, give_back: Callable[[int], None]) -> None:
        self._parcel, self._give_back = parcel, give_back
        self._places: list[Place | None] = [None] * len(parcel.records)
        self._left = len(parcel.records)
        self._error: str = ""

    def send(self, producer: kafka.Producer) -> None:
        self._parcel.done.set_running_or_notify_cancel()
        if not self._parcel.records:
            self._finish()
        for index, record in enumerate(self._parcel.records):
            try:
                producer.produce(
                    record.topic,
                    record.value,
                    record.key,
                    record.partition,
                    partial(self._answered, index),
                    headers=list(record.headers),
                )
            except (BufferError, kafka.KafkaException) as error:
                self._count(str(error))

    def _answered(self, index: int, error: kafka.KafkaError | None, message: Any) -> None:
        if error is None:
            self._places[index] = Place(message.topic(), message.partition(), message.offset())
            self._count()
        else:
            self._count(error.str())

    def _count(self, error: str = "") -> None:
        self._error = self._error or error
        self._left -= 1
        if self._left == 0:
            self._finish()

    def _finish(self) -> None:
        self._give_back(self._parcel.size_bytes)
        if self._error:
            failed = LogError(f"Kafka did not take all records: {self._error}. Send them again.", BROKERS_RETRY_SECONDS)
            self._parcel.done.set_exception(failed)
        else:
            self._parcel.done.set_result([place for place in self._places if place is not None])
