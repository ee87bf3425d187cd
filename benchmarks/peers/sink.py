"""The sink that all peers share: JSON to columns by pyarrow, and one insert into a DuckDB table per batch.

It keeps every event it is given and knows nothing of duplicates, latest answers or positions. Each peer runs in an
environment of its own, so nothing here imports the service.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import duckdb
import pyarrow as pa
from pyarrow import json

BATCH_RECORDS = 50_000
"""Rows of one insert, as many as the worker takes into one transaction."""

DATA = ("article_id", "section_id", "vote", "reader_key", "locale", "device", "referrer")
FIELDS = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "source")),
        ("time", pa.timestamp("us", "UTC")),
        ("data", pa.struct([*((name, pa.string()) for name in DATA), ("article_version", pa.int32())])),
    ]
)
COLUMNS = 'id, source, "time", unnest(data)'


@dataclass(frozen=True)
class Task:
    """What every peer is asked to do: read so many votes of the topic, put them into a table of the file, and end."""

    servers: str
    topic: str
    votes: int
    file: str

    @classmethod
    def of(cls, arguments: list[str]) -> Self:
        servers, topic, votes, file = arguments
        return cls(servers, topic, int(votes), file)


class VotesTable:
    """A table of votes in a DuckDB file. FILE.commits tells of each commit: when, and how many rows so far."""

    def __init__(self, file: str) -> None:
        self._db = duckdb.connect(file)
        self._db.register("events", FIELDS.empty_table())
        self._db.execute(f"create table votes as select {COLUMNS} from events")
        self._commits = Path(f"{file}.commits")
        self._waiting: list[bytes] = []
        self.rows = 0

    def add(self, values: Iterable[bytes]) -> None:
        """Take events; they are inserted when there is a batch of them."""
        self._waiting += values
        if len(self._waiting) >= BATCH_RECORDS:
            self.flush()

    def flush(self) -> None:
        """Insert what waits, in one transaction."""
        if self._waiting:
            lines = pa.py_buffer(b"\n".join(self._waiting))
            events = json.read_json(
                lines, parse_options=json.ParseOptions(explicit_schema=FIELDS, unexpected_field_behavior="ignore")
            )
            self._db.register("events", events)
            self._db.execute(f"insert into votes select {COLUMNS} from events")
            self.rows += len(self._waiting)
            self._waiting.clear()
            with self._commits.open("a") as commits:
                print(time.time(), self.rows, file=commits)

    def close(self) -> None:
        self.flush()
        self._db.close()
