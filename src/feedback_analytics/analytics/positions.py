"""Known positions: up to where the log's partitions are counted in an answer, so that it can be made again.

An answer names its positions in one text, such as `7f3a:feedback.votes.v1:0@1234,1@1200;7f3a:feedback.articles.v1:0@3`.
Asked with that text as `as_of`, a question counts the same entries, whatever has come since. A time is turned into the
positions of the last transactions committed at or before it. A store that has taken nothing yet names NOTHING.

An answer that also rests on what was told about drops says with how many notes it was made, at the end of the text:
`...;drops_told@12`. Questions that do not look at them take such a text for what it says of the log.
"""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa

from feedback_analytics.errors import QueryError

_TOPIC = re.compile(r"(?P<log>[\w-]+):(?P<topic>[\w.-]+):(?P<places>\d+@\d+(,\d+@\d+)*)")

_NOTES = re.compile(r"(?P<log>.*);(?:drops_told|annotations|saved_views|deliveries)@(?P<notes>\d{1,18})", re.DOTALL)

NOTHING = "nothing"
"""The text of no positions at all: an answer from an empty store can be made again too."""

SCHEMA = pa.schema(
    [
        ("log_id", pa.string()),
        ("log_topic", pa.string()),
        ("log_partition", pa.int16()),
        ("next_offset", pa.int64()),
    ]
)


def positions_text(known: pa.Table) -> str:
    """Positions (columns of SCHEMA) as one text; NOTHING when there are none."""
    by_topic: dict[tuple[str, str], list[str]] = {}
    for row in known.to_pylist():
        places = by_topic.setdefault((row["log_id"], row["log_topic"]), [])
        places.append(f"{row['log_partition']}@{row['next_offset']}")
    return ";".join(f"{log}:{topic}:{','.join(places)}" for (log, topic), places in by_topic.items()) or NOTHING


def read_positions_text(text: str) -> pa.Table:
    """The positions of such a text. Raises QueryError when it is none."""
    rows: dict[tuple[str, str, int], int] = {}
    for part in () if text == NOTHING else text.split(";"):
        found = _TOPIC.fullmatch(part)
        if found is None:
            raise QueryError(
                f"as_of = {text[:60]!r} is neither a time such as 2026-11-23T10:00:00Z nor the positions that an "
                "answer names."
            )
        for place in found["places"].split(","):
            partition, offset = map(int, place.split("@"))
            if partition > 2**15 - 1 or offset > 2**63 - 1:
                raise QueryError(f"as_of names a partition or an offset that cannot be: {place[:60]}.")
            if rows.setdefault((found["log"], found["topic"], partition), offset) != offset:
                raise QueryError(f"as_of names two positions of {found['topic'][:60]}[{partition}].")
    named = [(*place, offset) for place, offset in rows.items()]
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in named], SCHEMA)


def with_notes(text: str, notes: int, of: str = "drops_told") -> str:
    """The text of positions, and of how many notes of a table that is written without votes: of drops, or of people."""
    return f"{text};{of}@{notes}"


def split_notes(text: str) -> tuple[str, int | None]:
    """The text without its end about notes, and how many that names; None when it names none."""
    found = _NOTES.fullmatch(text)
    return (found["log"], int(found["notes"])) if found else (text, None)


def refuse_unknown_positions(named: pa.Table, newest: pa.Table) -> None:
    """Raises QueryError for positions of another store, or beyond what this one holds: they would count too little."""
    held = {_place_of(row): row["next_offset"] for row in newest.to_pylist()}
    for row in named.to_pylist():
        log, topic, partition = _place_of(row)
        offset = held.get((log, topic, partition))
        if offset is None:
            raise QueryError(
                f"as_of names {topic[:60]}[{partition}] of the log {log[:60]}, which this store never read."
            )
        if row["next_offset"] > offset:
            raise QueryError(
                f"as_of names position {row['next_offset']} of {topic}[{partition}]; the store has come to {offset}."
            )


def _place_of(row: dict[str, Any]) -> tuple[str, str, int]:
    return row["log_id"], row["log_topic"], row["log_partition"]
