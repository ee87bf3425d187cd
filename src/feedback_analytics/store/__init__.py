"""Store: everything the service knows, in a DuckLake: immutable Parquet files and a transactional catalog.

Rows, ledger and position of a batch commit in one transaction. One process writes (with a catalog on PostgreSQL, one
per worker), any number read, and neither waits for the other. The public face is the views of schema mart; the tables
of schema raw are documented but may change.
DuckDB is known in this room only, except for the relations that `Reader.sql` hands to analysts.

    with open_writer(settings, secret_fingerprint=fingerprint, now=utc_now) as writer:
        writer.register_topic(log_id, "feedback.votes.v1", 4, {0: 0, 1: 0, 2: 0, 3: 0})
        writer.claim(log_id, "feedback.votes.v1", [0, 1, 2, 3])
        writer.commit(rows)
    with open_reader(settings) as reader:
        reader.frame("from mart.article_usefulness")
"""

from feedback_analytics.store.asking import run_job
from feedback_analytics.store.dictionary import dictionary_page
from feedback_analytics.store.jobs import Job, JobKind, JobState
from feedback_analytics.store.location import find_store
from feedback_analytics.store.moving import MoveState, StoreMove, Successors, give_up_move
from feedback_analytics.store.notes import Annotation, SavedView
from feedback_analytics.store.positions import End, Position
from feedback_analytics.store.proof import LedgerProof, prove_ledger
from feedback_analytics.store.reader import Reader, Snapshot, open_reader
from feedback_analytics.store.receipts import CheckedReceipts, check_receipts, read_receipts
from feedback_analytics.store.rows import CommitRows, Committed, PartitionPlace
from feedback_analytics.store.told_drops import DropNote
from feedback_analytics.store.work import DoneWork
from feedback_analytics.store.writer import Writer, open_writer

__all__ = [
    "Annotation",
    "CheckedReceipts",
    "CommitRows",
    "Committed",
    "DoneWork",
    "DropNote",
    "End",
    "Job",
    "JobKind",
    "JobState",
    "LedgerProof",
    "MoveState",
    "PartitionPlace",
    "Position",
    "Reader",
    "SavedView",
    "Snapshot",
    "StoreMove",
    "Successors",
    "Writer",
    "check_receipts",
    "dictionary_page",
    "find_store",
    "give_up_move",
    "open_reader",
    "open_writer",
    "prove_ledger",
    "read_receipts",
    "run_job",
]
