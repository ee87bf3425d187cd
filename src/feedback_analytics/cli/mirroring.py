"""Dead letters on Kafka: what the store keeps of them is also appended to `TOPIC.dlq`, for those who watch topics.

The rows of the store are the truth, and are read after their commit. How far a partition is mirrored, its last record
in the .dlq topic says, by the header `offset`; so nothing is kept beside, and after a crash nothing is left out. A
letter may come twice. Partition N of the .dlq topic holds the letters of partition N.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

import structlog
from prometheus_client import Counter

from feedback_analytics.cli.installation import TOPICS
from feedback_analytics.contract import dead_letter_topic
from feedback_analytics.errors import FeedbackError
from feedback_analytics.log import MAX_RECORD_BYTES, EventLog, NewRecord
from feedback_analytics.settings import Settings
from feedback_analytics.store import Reader, open_reader
from feedback_analytics.stream import WorkerState

AT_ONCE = 500
"""Letters read and appended at once: at most a megabyte each."""

APPEND_SECONDS, RETRY_SECONDS, STOP_SECONDS = 30.0, 5.0, 10.0

ROOM_FOR_HEADERS_BYTES = 4096
"""Most that the headers below take; a letter so near to the log's limit goes without its bytes."""

KEPT_SECONDS = 86400.0
"""As for every topic: however short log.retention_seconds is, records are kept for a day."""

LETTERS = """
select dead_letter_id, log_offset, reason, field, received_at, payload, is_sealed
from raw.dead_letters
where log_id = $log_id
  and log_topic = $topic
  and log_partition = $partition
  and log_offset > $after
  and received_at >= $since
order by log_offset
limit $at_once
"""

PlaceName = tuple[str, int]


class Mirror:
    """Appends new letters of the partitions that a worker holds, in a thread of its own."""

    def __init__(
        self,
        settings: Settings,
        log: EventLog,
        positions: Callable[[], Mapping[PlaceName, int]],
        mirrored: Counter,
        *,
        now: Callable[[], datetime],
    ) -> None:
        """positions names the partitions held, and may be asked by any thread."""
        self._log, self._positions, self._mirrored, self._now = log, positions, mirrored, now
        self._kept = timedelta(seconds=max(settings.log.retention_seconds, KEPT_SECONDS))
        self._settings, self._stack = settings, ExitStack()
        self._reached: dict[PlaceName, int] = {}
        self._counted, self._noted = 0, set[PlaceName]()
        self._woken, self._ending = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="dead letters", daemon=True)

    def __enter__(self) -> Self:
        """Raises LogError when there is no .dlq topic and none can be made."""
        for topic in TOPICS:
            self._log.create_topic(dead_letter_topic(topic), self._log.partitions(topic))
        self._reader: Reader = self._stack.enter_context(open_reader(self._settings))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What was committed last is mirrored first; what cannot be now, the next start does."""
        self._ending.set()
        self._woken.set()
        self._thread.join(STOP_SECONDS)
        self._stack.close()

    def note(self, state: WorkerState) -> None:
        """Look again if a transaction kept dead letters, or the worker was given other partitions."""
        has_new = state.transactions > self._counted and state.last is not None and state.last.dead > 0
        has_others = state.positions.keys() != self._noted
        self._counted, self._noted = state.transactions, set(state.positions)
        if has_new or has_others:
            self._woken.set()

    def _run(self) -> None:
        is_late = False
        while not (self._ending.is_set() and not self._woken.is_set()):
            self._woken.wait(RETRY_SECONDS if is_late else None)
            self._woken.clear()
            try:
                self.look()
                is_late = False
            except (FeedbackError, TimeoutError) as error:
                if not is_late:
                    structlog.get_logger("worker").warning("dead_letters_not_mirrored", why=str(error))
                is_late = True

    def look(self) -> None:
        """Append the letters that are in the store and not yet in their .dlq topic. Raises LogError, StoreError."""
        held = set(self._positions())
        for lost in self._reached.keys() - held:
            # Another worker goes on with it; whoever has it next asks the topic how far.
            del self._reached[lost]
        for place in sorted(held):
            if place not in self._reached:
                self._reached[place] = self._mirrored_up_to(*place)
            while rows := self._letters(*place):
                records = [_record(place, self._log.log_id(place[0]), row) for row in rows]
                self._log.append(records).result(APPEND_SECONDS)
                self._reached[place] = rows[-1]["log_offset"]
                self._mirrored.inc(len(rows))

    def _mirrored_up_to(self, topic: str, partition: int) -> int:
        """The offset of the last letter in the .dlq topic; -1 when it holds none of this log."""
        mirror = dead_letter_topic(topic)
        held = self._log.ranges(mirror)[partition]
        last = self._log.read(mirror, partition, held.next - 1, 1) if held.next > held.earliest else []
        headers = dict(last[0].headers) if last else {}
        return int(headers["offset"]) if headers.get("log_id") == self._log.log_id(topic).encode() else -1

    def _letters(self, topic: str, partition: int) -> Sequence[dict[str, Any]]:
        parameters = {
            "log_id": self._log.log_id(topic),
            "topic": topic,
            "partition": partition,
            "after": self._reached[(topic, partition)],
            # What is older may have been mirrored and cut since.
            "since": self._now() - self._kept,
            "at_once": AT_ONCE,
        }
        rows: list[dict[str, Any]] = self._reader.table(LETTERS, parameters).to_pylist()
        return rows


def _record(place: PlaceName, log_id: str, row: Mapping[str, Any]) -> NewRecord:
    """The letter as the store keeps it: no reader's id in it, bytes that cannot be read sealed."""
    topic, partition = place
    headers = {
        "reason": row["reason"],
        "field": row["field"],
        "topic": topic,
        "partition": str(partition),
        "offset": str(row["log_offset"]),
        "log_id": log_id,
        "received_at": row["received_at"].isoformat(),
        "dead_letter_id": row["dead_letter_id"],
        "is_sealed": "true" if row["is_sealed"] else "false",
    }
    payload: bytes = row["payload"]
    if len(payload) > MAX_RECORD_BYTES - ROOM_FOR_HEADERS_BYTES:
        headers["left_out_bytes"] = str(len(payload))
        payload = b""
    encoded = tuple((name, text.encode()) for name, text in headers.items())
    return NewRecord(dead_letter_topic(topic), partition, b"", payload, encoded)
