"""Processor: batches of records become rows of the store, each event exactly once.

Takes batches of records in the order of their partition; gives rows, the next positions, and a dead letter for what
cannot be read. The same batch twice leaves the store as once. It knows neither Faust nor the log's carrier: records go
back to the log by the `append` it is given.

    with open_processor(writer, index_dir=folder, identify=identify, ends=ends, append=append, ...) as processor:
        positions = processor.claim({("feedback.votes.v1", 0)})
        result = processor.process([batch])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from feedback_analytics.contract import VOTES_TOPIC
from feedback_analytics.processor.batch import (
    Append,
    BatchResult,
    OutgoingRecord,
    Processor,
    TopicIdentity,
)
from feedback_analytics.processor.batches import Batch
from feedback_analytics.processor.checkpoints import Checkpoints
from feedback_analytics.processor.dead_letters import seal, unseal
from feedback_analytics.processor.identifiers import new_ulid
from feedback_analytics.processor.index import Indexes
from feedback_analytics.processor.replay import KeptLetter, Replayed, replay
from feedback_analytics.processor.steps import Step, StepClock, Steps
from feedback_analytics.processor.transaction import Prepared
from feedback_analytics.store import Writer

__all__ = [
    "Append",
    "Batch",
    "BatchResult",
    "KeptLetter",
    "OutgoingRecord",
    "Prepared",
    "Processor",
    "Replayed",
    "Step",
    "StepClock",
    "Steps",
    "TopicIdentity",
    "open_processor",
    "replay",
    "seal",
    "unseal",
]


def open_processor(
    writer: Writer,
    *,
    index_dir: Path,
    identify: Callable[[str], TopicIdentity],
    ends: Callable[[str], Mapping[int, int]],
    append: Append,
    secret: bytes,
    now: Callable[[], datetime],
    worker: str = "worker-1",
    index_cache_bytes: int = 128 * 2**20,
    steps: Steps | None = None,
    checkpoint_dir: Path | None = None,
    on_problem: Callable[[str], None] = lambda told: None,
) -> Processor:
    """A processor that writes through writer and keeps its indexes under index_dir/worker.

    checkpoint_dir is a folder that all workers see, for copies of the indexes; None makes none. on_problem is told,
    from another thread, why a copy could not be made. identify says what the log knows of a topic, ends the next offset
    of its partitions; append gives records to the log, its future done when they are durable.
    """
    checkpoints = Checkpoints(checkpoint_dir / VOTES_TOPIC, on_problem) if checkpoint_dir else None
    return Processor(
        writer,
        Indexes(index_dir / worker, writer, index_cache_bytes, checkpoints),
        identify=identify,
        ends=ends,
        append=append,
        secret=secret,
        worker=worker,
        now=now,
        new_batch_id=lambda: new_ulid(now()),
        steps=steps,
    )
