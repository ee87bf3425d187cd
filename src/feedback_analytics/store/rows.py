"""What one transaction of a worker writes, as values: no SQL and no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

Row = tuple[Any, ...]
PartitionPlace = tuple[str, str, int]
# (log id, topic, partition)


@dataclass(frozen=True, slots=True)
class CommitRows:
    """Everything that one transaction writes.

    batch_id is the transaction's id, unique and rising. moves maps (log id, topic, partition) to (expected, next)
    offset. votes holds the entries as an Arrow table with the columns of raw.votes except log_id, log_topic and
    batch_id, which are the same for all of them: votes_log is their (log id, topic). The other rows are tuples in the
    column order of their table (migration 0001; batches without its last column, lag_records). lag_records tells, where
    it is known, how many records of a partition waited in the log.
    """

    batch_id: str
    moves: Mapping[PartitionPlace, tuple[int, int]]
    votes: pa.Table | None = None
    votes_log: tuple[str, str] = ("", "")
    segments: Sequence[Row] = ()
    batches: Sequence[Row] = ()
    ledger: Sequence[Row] = ()
    dead_letters: Sequence[Row] = ()
    replays: Sequence[Row] = ()
    articles: Sequence[Row] = ()
    article_sections: Sequence[Row] = ()
    lag_records: Mapping[PartitionPlace, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Committed:
    """A transaction that is durable: its id, and when it was committed (UTC)."""

    batch_id: str
    committed_at: datetime
