"""Quix Streams, with a sink that inserts what came between two of its checkpoints."""

from __future__ import annotations

import sys
import uuid
from typing import Any

from quixstreams import Application
from quixstreams.sinks.base import BaseSink

from benchmarks.peers.sink import BATCH_RECORDS, Task, VotesTable


class DuckSink(BaseSink):
    """Quix flushes it before it commits offsets."""

    def __init__(self, app: Application, table: VotesTable, votes: int) -> None:
        super().__init__()
        self._app, self._table, self._votes = app, table, votes
        self._values: list[bytes] = []
        self._taken = 0

    def add(self, value: bytes, *_: Any, **__: Any) -> None:
        self._values.append(value)
        self._taken += 1
        if self._taken == self._votes:
            self._app.stop()

    def flush(self) -> None:
        self._table.add(self._values)
        self._table.flush()
        self._values.clear()


def main() -> None:
    task = Task.of(sys.argv[1:])
    table = VotesTable(task.file)
    app = Application(
        broker_address=task.servers,
        consumer_group=f"quix-{uuid.uuid4()}",
        auto_offset_reset="earliest",
        commit_every=BATCH_RECORDS,
        consumer_extra_config={"fetch.queue.backoff.ms": 5},
        loglevel="ERROR",
    )
    votes = app.dataframe(app.topic(task.topic, key_deserializer="bytes", value_deserializer="bytes"))
    votes.sink(DuckSink(app, table, task.votes))
    app.run()
    table.close()


if __name__ == "__main__":
    main()
