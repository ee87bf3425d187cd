"""The log: keyed bytes in, a place in the log out. One interface, two carriers, the same law for both.

    with open_log(settings) as log:
        log.create_topic("feedback.votes.v1", 4)
        (place,) = log.append([NewRecord("feedback.votes.v1", 0, b"key", b"value")]).result()

A future of append is done only when the records are on disk (embedded: synced; Kafka: acks=all). The log keeps no
positions of readers: they live in the store, with the data.
"""

from feedback_analytics.log.broker import EmbeddedBroker, KafkaBroker, parse_broker
from feedback_analytics.log.carriers import open_log
from feedback_analytics.log.embedded import EmbeddedLog
from feedback_analytics.log.parcels import MAX_RECORD_BYTES
from feedback_analytics.log.records import EventLog, LoggedRecord, NewRecord, OffsetRange, Place, Seal
from feedback_analytics.log.runs import Run

__all__ = [
    "MAX_RECORD_BYTES",
    "EmbeddedBroker",
    "EmbeddedLog",
    "EventLog",
    "KafkaBroker",
    "LoggedRecord",
    "NewRecord",
    "OffsetRange",
    "Place",
    "Run",
    "Seal",
    "open_log",
    "parse_broker",
]
