"""The indexes of standing votes of the partitions a worker owns: opened, brought up to date, advanced, released."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from feedback_analytics.contract import VOTES_TOPIC, event_hashes
from feedback_analytics.processor.checkpoints import Checkpoints
from feedback_analytics.processor.prepared import PreparedVotes
from feedback_analytics.processor.projection import Projected, project
from feedback_analytics.processor.standing_votes import (
    STANDING,
    StandingVotes,
    shared_cache,
    target_keys,
)
from feedback_analytics.store import Writer

FORMAT = 3
"""Of keys, values and what is among them; changed with these, so that an index of an older release is made anew."""


class Indexes:
    """One StandingVotes per owned partition of the votes topic, under FOLDER/TOPIC/PARTITION."""

    def __init__(self, folder: Path, writer: Writer, cache_bytes: int, checkpoints: Checkpoints | None = None) -> None:
        self._folder = folder / VOTES_TOPIC
        self._writer, self._checkpoints = writer, checkpoints
        Checkpoints.remove_left_over(self._folder)
        self._cache = shared_cache(cache_bytes)
        self._open: dict[int, StandingVotes] = {}
        self._log_ids: dict[int, str] = {}
        self._behind: dict[int, int] = {}

    def __getitem__(self, partition: int) -> StandingVotes:
        """The index of a partition, up to date with the store."""
        if partition in self._behind:
            self._catch_up(partition, self._behind[partition])
        return self._open[partition]

    def open(self, partition: int, log_id: str, stored: int) -> None:
        """Open a partition's index and bring it up to the store's position; one of another store is made anew.

        From offset 0 on, wherever the log begins now: the store has the casts that retention has cut from the log.
        """
        if partition not in self._open:
            self._open[partition] = StandingVotes(self._folder / str(partition), self._cache)
        origin = f"{FORMAT}/{self._writer.store_id}/{self._writer.restore_epoch}/{log_id}"
        self._log_ids[partition] = log_id
        self._begin_from_checkpoint(partition, origin, stored)
        if self._open[partition].adopt(origin, stored, lambda: self._begin(partition)) < stored:
            self._catch_up(partition, stored)

    def _begin_from_checkpoint(self, partition: int, origin: str, stored: int) -> None:
        """Where that spares much. One that its owner has just replaced, or that is torn, leaves an empty index."""
        index = self._open[partition]
        if self._checkpoints is not None:
            held = index.position_in(origin, stored) or 0
            found = self._checkpoints.newest(partition, origin.encode(), after=held, until=stored)
            if found is not None:
                with suppress(OSError):
                    index.begin_from(found)

    def save_checkpoints(self) -> int:
        """Begin copies of those indexes that have gone on far since their last one; how many."""
        if self._checkpoints is None:
            return 0
        up_to_date = [partition for partition in self._open if partition not in self._behind]
        return sum(self._checkpoints.save(partition, self._open[partition]) for partition in up_to_date)

    def release(self, partition: int) -> None:
        """Close a partition's index: its lock goes with it."""
        index = self._open.pop(partition, None)
        self._behind.pop(partition, None)
        if index is not None:
            index.close()

    def close(self) -> None:
        if self._checkpoints is not None:
            self._checkpoints.close()
        for partition in list(self._open):
            self.release(partition)

    def standing(self, votes: PreparedVotes) -> list[bytes | None]:
        """The standing answer that each vote meets, as STANDING bytes; None where there is none."""
        found: list[bytes | None] = []
        for run in votes.records.runs:
            begin, end = votes.at.searchsorted([run.begin, run.end]).tolist()
            found += self[run.partition].get(votes.keys[begin:end])
        return found

    def look(self, votes: PreparedVotes, at: Sequence[int], event_keys: Sequence[bytes]) -> list[bytes | None]:
        """Whether events were seen before (24-byte keys), asked of the indexes that the votes at `at` belong to."""
        homes = votes.records.partition[votes.at[list(at)]].tolist()
        return [self._open[home].get_one(key) for home, key in zip(homes, event_keys, strict=True)]

    def advance(self, votes: PreparedVotes, projected: Projected) -> None:
        """Put what a committed batch left standing, partition by partition.

        An index that cannot be written stays behind, and catches up from the store before it is asked again.
        """
        self._behind.update({run.partition: run.next_offset for run in votes.records.runs})
        seen = _seen_by_partition(votes, projected)
        states = votes.events
        for run in votes.records.runs:
            begin, end = votes.at.searchsorted([run.begin, run.end]).tolist()
            keys, rows = votes.keys[begin:end], states[begin:end]
            if projected.last_winner is not None:
                kept = np.flatnonzero(projected.last_winner[begin:end])
                keys, rows = [keys[at] for at in kept.tolist()], rows[kept]
            self._open[run.partition].advance(keys, rows.tobytes(), seen.get(run.partition, []), run.next_offset)
            del self._behind[run.partition]

    def _begin(self, partition: int) -> None:
        """Project the casts of the logs that the topic came from before this one."""
        for log_id in self._writer.former_logs(self._log_ids[partition], VOTES_TOPIC):
            for casts in self._writer.casts(log_id, VOTES_TOPIC, partition, 0):
                self._put(partition, casts, 0)

    def _catch_up(self, partition: int, stored: int) -> None:
        """Project the casts of the store that the index has not seen, up to the store's position."""
        index = self._open[partition]
        since = index.position or 0
        for casts in self._writer.casts(self._log_ids[partition], VOTES_TOPIC, partition, since):
            self._put(partition, casts, int(casts["log_offset"][-1].as_py()) + 1)
        index.advance([], b"", [], stored)
        self._behind.pop(partition, None)

    def _put(self, partition: int, casts: pa.Table, reached: int) -> None:
        """Put what these casts of the store left standing; the index then reflects the log up to reached."""
        index = self._open[partition]
        keys, states = _columns(casts)
        projected = project(keys, states, index.get(keys), lambda _, seen: index.get(seen))
        if projected.last_winner is not None:
            kept = np.flatnonzero(projected.last_winner)
            keys, states = [keys[at] for at in kept.tolist()], states[kept]
        index.advance(keys, states.tobytes(), projected.seen, reached)


def _seen_by_partition(votes: PreparedVotes, projected: Projected) -> dict[int, list[bytes]]:
    """Which partition each seen event belongs to: that of a vote of this batch for the same target."""
    by_partition: dict[int, list[bytes]] = {}
    homes = votes.records.partition[votes.at[projected.seen_by]].tolist() if projected.seen else []
    for home, key in zip(homes, projected.seen, strict=True):
        by_partition.setdefault(home, []).append(key)
    return by_partition


def _columns(casts: pa.Table) -> tuple[list[bytes], NDArray[np.void]]:
    """Index keys and STANDING records of stored casts, in the order of the log."""
    column = {name: casts[name].combine_chunks() for name in casts.column_names}
    states = np.empty(casts.num_rows, dtype=STANDING)
    states["occurred_at"] = column["occurred_at"].cast(pa.int64()).to_numpy(zero_copy_only=False)
    states["event_hash"] = event_hashes(column["source"].to_pylist(), column["event_id"].to_pylist())
    states["answer"] = column["answer"].to_numpy(zero_copy_only=False)
    states["version"] = column["article_version"].fill_null(-1).to_numpy(zero_copy_only=False)
    states["segment"] = column["segment_id"].to_numpy(zero_copy_only=False)
    return target_keys(_reader_keys(column["reader_key"]), column["article_id"], column["section_id"]), states


def _reader_keys(column: pa.Array) -> NDArray[np.uint64]:
    """(n, 2) of a column of 16-byte reader keys."""
    return np.frombuffer(b"".join(column.to_pylist()), dtype="<u8").reshape(-1, 2)
