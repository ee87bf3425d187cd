"""The limit: confluent-kafka, pyarrow and DuckDB in a loop, without a stream processor."""

from __future__ import annotations

import sys
import uuid

from confluent_kafka import Consumer

from benchmarks.peers.sink import Task, VotesTable

FETCH_RECORDS = 10_000


def main() -> None:
    task = Task.of(sys.argv[1:])
    table = VotesTable(task.file)
    consumer = Consumer(
        {
            "bootstrap.servers": task.servers,
            "group.id": f"plain-{uuid.uuid4()}",
            "auto.offset.reset": "earliest",
            # librdkafka waits a second when its queue was full, which halves the rate.
            "fetch.queue.backoff.ms": 5,
        }
    )
    consumer.subscribe([task.topic])
    taken = 0
    while taken < task.votes:
        messages = consumer.consume(FETCH_RECORDS, 1.0)
        table.add([message.value() for message in messages])
        taken += len(messages)
    table.close()
    consumer.close()


if __name__ == "__main__":
    main()
