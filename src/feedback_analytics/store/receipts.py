"""Receipts: what became of the places that ingest answered an emitter with, one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from feedback_analytics.errors import QueryError
from feedback_analytics.store.reader import Reader
from feedback_analytics.store.statements import statement

Receipt = tuple[str, int, int]
"""Topic, partition, offset."""


@dataclass(frozen=True, slots=True)
class CheckedReceipts:
    """How many receipts came to each end, and those that are lost.

    counts: stored, dead, settled (a duplicate, or sent on to its home partition: in a batch, with no row of its own),
    waiting (in the log, not yet in the store), lost (in no batch, or in a range accepted as lost).
    """

    counts: Mapping[str, int]
    lost: tuple[Receipt, ...]


def read_receipts(lines: Iterable[str]) -> list[Receipt]:
    """Receipts from lines of JSON, or of CSV (topic,partition,offset; a header line is skipped).

    A line of JSON is an answer of ingest, whole ({"results": [...]}) or for one event ({"topic": …, "partition": …,
    "offset": …}); refused events have no receipt. Raises QueryError naming a line that is neither.
    """
    found: list[Receipt] = []
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or (number == 1 and text.replace(" ", "") == "topic,partition,offset"):
            continue
        try:
            found += _from_json(text) if text.startswith("{") else [_from_csv(text)]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise QueryError(f"line {number} is no receipt (topic,partition,offset): {text[:80]}") from error
    return found


def _from_json(text: str) -> list[Receipt]:
    told = json.loads(text)
    answers = [answer for answer in told.get("results", [told]) if answer.get("status", "accepted") == "accepted"]
    return [(str(one["topic"]), int(one["partition"]), int(one["offset"])) for one in answers]


def _from_csv(text: str) -> Receipt:
    topic, partition, offset = text.split(",")
    return topic.strip(), int(partition), int(offset)


def check_receipts(reader: Reader, receipts: Iterable[Receipt]) -> CheckedReceipts:
    """Find each receipt in the store, on one snapshot. A receipt given twice counts twice."""
    listed = list(receipts)
    with reader.snapshot() as snapshot:
        snapshot.offer_positions()
        snapshot.lend("receipts", _receipts_table(listed))
        fates = snapshot.table(statement("receipt_fates"))["fate"].to_pylist()
    counts = dict.fromkeys(("stored", "dead", "settled", "waiting", "lost"), 0)
    for fate in fates:
        counts[fate] += 1
    return CheckedReceipts(counts, tuple(r for r, fate in zip(listed, fates, strict=True) if fate == "lost"))


def _receipts_table(receipts: list[Receipt]) -> pa.Table:
    return pa.table(
        {
            "number": pa.array(range(len(receipts)), pa.int64()),
            "log_topic": pa.array([topic for topic, _, _ in receipts], pa.string()),
            "log_partition": pa.array([partition for _, partition, _ in receipts], pa.int32()),
            "log_offset": pa.array([offset for _, _, offset in receipts], pa.int64()),
        }
    )
