"""A log with votes in it, for the benchmarks that process them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from feedback_analytics.contract import ARTICLES_TOPIC, VOTES_TOPIC, partition_of
from feedback_analytics.log import NewRecord, open_log
from feedback_analytics.settings import Settings

PARTITIONS = 4


def fill(settings: Settings, events: Iterator[tuple[bytes, bytes]], parcel: int = 20_000) -> int:
    """Append (key, vote)s to the log of the settings, so many at once, as ingest would; how many there were."""
    count = 0
    with open_log(settings) as log:
        for topic in (VOTES_TOPIC, ARTICLES_TOPIC):
            log.create_topic(topic, PARTITIONS)
        while records := [
            NewRecord(VOTES_TOPIC, partition_of(key, PARTITIONS), key, value) for key, value in islice(events, parcel)
        ]:
            log.append(records).result()
            count += len(records)
    return count
