"""Dead letters on their way through the log again: for the command line and for the page."""

from __future__ import annotations

from collections.abc import Collection

from feedback_analytics.cli.installation import append_outgoing, checked_secret
from feedback_analytics.errors import QueryError
from feedback_analytics.log import EventLog
from feedback_analytics.processor import KeptLetter, Replayed, replay
from feedback_analytics.settings import Settings
from feedback_analytics.store import Reader

LETTERS = "select dead_letter_id, payload, is_sealed, reason from raw.dead_letters"
WAITING = """
select dead_letter_id
from raw.dead_letters
anti join raw.dead_letter_replays using (dead_letter_id)
where reason = $reason
"""


def replay_letters(
    settings: Settings, reader: Reader, log: EventLog, *, letters: Collection[str] = (), reason: str | None = None
) -> Replayed:
    """Send dead letters again that are events by now; durable when this returns. No letters named: all.

    Raises QueryError when one that is named is not there, SettingsError for another secret than the store's.
    """
    rows = reader.table(LETTERS).to_pylist()
    unknown = set(letters) - {row["dead_letter_id"] for row in rows}
    if unknown:
        raise QueryError(f"there is no dead letter {', '.join(sorted(unknown))}. See `feedback dead-letters list`.")
    chosen = [
        KeptLetter(row["dead_letter_id"], row["payload"], row["is_sealed"])
        for row in rows
        if (not letters or row["dead_letter_id"] in letters) and reason in (None, row["reason"])
    ]
    return replay(
        chosen,
        append=lambda records: append_outgoing(log, records),
        secret=checked_secret(settings),
        partitions=log.partitions,
    )


def replay_of_reason(settings: Settings, reader: Reader, log: EventLog, reason: str) -> str:
    """The letters of a reason that were not sent again yet, as the page sends them; what came of it, as a sentence."""
    waiting = reader.table(WAITING, {"reason": reason})["dead_letter_id"].to_pylist()
    if not waiting:
        return "None of them waits to be sent again."
    done = replay_letters(settings, reader, log, letters=waiting)
    why = f": {next(iter(done.still_dead.values()))}" if done.still_dead else ""
    return f"{len(done.sent):,} sent again, {len(done.still_dead):,} still dead{why}."
