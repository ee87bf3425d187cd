"""Bytewax: a dataflow of one Kafka source and one sink, in one worker thread, without recovery."""

from __future__ import annotations

import sys
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.run import cli_main

from benchmarks.peers.sink import Task, VotesTable

FETCH_RECORDS = 10_000


class DuckPart(StatelessSinkPartition[Any]):
    def __init__(self, table: VotesTable) -> None:
        self._table = table

    def write_batch(self, items: list[Any]) -> None:
        self._table.add([message.value for message in items])

    def close(self) -> None:
        self._table.close()


class DuckSink(DynamicSink[Any]):
    def __init__(self, file: str) -> None:
        self._file = file

    def build(self, step_id: str, worker_index: int, worker_count: int) -> DuckPart:
        return DuckPart(VotesTable(self._file))


def main() -> None:
    task = Task.of(sys.argv[1:])
    source = KafkaSource(
        [task.servers],
        [task.topic],
        tail=False,
        batch_size=FETCH_RECORDS,
        add_config={"fetch.queue.backoff.ms": "5"},
    )
    flow = Dataflow("votes")
    op.output("table", op.input("topic", flow, source), DuckSink(task.file))
    cli_main(flow)


if __name__ == "__main__":
    main()
