"""What the parts of one installation open alike: the log with its topics, and the secret that its store knows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

from feedback_analytics.cli.secret import reader_secret
from feedback_analytics.contract import ARTICLES_TOPIC, VOTES_TOPIC, secret_fingerprint
from feedback_analytics.errors import SettingsError, StoreDamaged
from feedback_analytics.log import EmbeddedLog, EventLog, NewRecord, open_log
from feedback_analytics.processor import OutgoingRecord
from feedback_analytics.settings import Settings
from feedback_analytics.store import open_reader

TOPICS = (VOTES_TOPIC, ARTICLES_TOPIC)

MAKING_SECONDS = 5.0
# A catalog that is just being made looks as if it were damaged. It takes some tenths of a second.


def now() -> datetime:
    """The time of this machine, aware UTC."""
    return datetime.now(UTC)


def checked_secret(settings: Settings) -> bytes:
    """The reader secret, compared with the one the store was made with, where there is a store to be seen from here.

    For parts that write pseudonyms without opening the store. Raises SettingsError when it is another one.
    """
    secret = reader_secret(settings)
    try:
        kept = _kept_fingerprint(settings)
    except SettingsError:
        return secret  # No store yet, or none here: the worker that makes it keeps the fingerprint.
    if kept not in (None, secret_fingerprint(secret)):
        raise SettingsError(
            "the reader secret is not the one this store was made with, so every reader would count as a new one. "
            "Set FEEDBACK_READER_SECRET to the old one, or put the old reader.secret file back."
        )
    return secret


def _kept_fingerprint(settings: Settings) -> str | None:
    """What the store knows of its secret. A worker that starts with us may be making or migrating it at this moment."""
    deadline = time.monotonic() + MAKING_SECONDS
    while True:
        try:
            with open_reader(settings, older=True) as reader:
                return reader.secret_fingerprint()
        except StoreDamaged:
            if time.monotonic() > deadline:
                raise
        time.sleep(MAKING_SECONDS / 20)


def open_topics(settings: Settings) -> EventLog:
    """The log, with the topics of the contract in it."""
    log = open_log(settings)
    try:
        for topic in TOPICS:
            log.create_topic(topic, settings.log.partitions)
    except BaseException:
        log.close()
        raise
    return log


def refuse_moved_log(log: EventLog) -> None:
    """SettingsError when the log takes nothing any more, as its records go to another one."""
    if isinstance(log, EmbeddedLog) and log.moved_to is not None:
        raise SettingsError(
            f"the log in {log.folder} takes nothing any more: its installation moves, or has moved, to {log.moved_to}. "
            "Set FEEDBACK_BROKER_URL and FEEDBACK_STORE_URL to where it goes on."
        )


def append_outgoing(log: EventLog, records: Sequence[OutgoingRecord]) -> Future[Any]:
    """Give the log what the processor sends home or replays; the future is done when it is durable."""
    return log.append([NewRecord(one.topic, one.partition, one.key, one.value, one.headers) for one in records])
