"""Faust as it is installed: an ordinary agent over its own Kafka transport, which takes lists of events."""

from __future__ import annotations

import os
import signal
import sys
import uuid
from typing import Any

import faust

from benchmarks.peers.sink import BATCH_RECORDS, Task, VotesTable

PAUSE_SECONDS = 1.0
"""Longest wait for a list to fill: the last one would wait for ever."""


def main() -> None:
    task = Task.of(sys.argv[1:])
    table = VotesTable(task.file)
    app = faust.App(
        f"faust-{uuid.uuid4()}",
        broker=f"kafka://{task.servers}",
        consumer_auto_offset_reset="earliest",
        topic_disable_leader=True,
        web_enabled=False,
    )
    topic = app.topic(task.topic, key_type=bytes, value_type=bytes, value_serializer="raw")

    @app.agent(topic)
    async def keep(stream: Any) -> None:
        async for values in stream.take(BATCH_RECORDS, within=PAUSE_SECONDS):
            table.add(values)
            table.flush()
            if table.rows == task.votes:
                table.close()
                os.kill(os.getpid(), signal.SIGTERM)

    faust.Worker(app, loglevel="ERROR", quiet=True, redirect_stdouts=False).execute_from_commandline()


if __name__ == "__main__":
    main()
