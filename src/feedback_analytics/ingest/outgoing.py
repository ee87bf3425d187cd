"""An admitted event as the record for the log: the reader's key in place of the id, at its home partition."""

from __future__ import annotations

from collections.abc import Sequence

from feedback_analytics.contract import (
    ARTICLES_TOPIC,
    VOTES_TOPIC,
    Event,
    VoteCast,
    encode_article,
    encode_for_log,
    partition_of,
    partitions_of,
    reader_key,
)
from feedback_analytics.log import EventLog, NewRecord

MANY = 4
# From about so many keys on, numpy's fixed cost pays.


class Outgoing:
    """Makes records for a log whose topics are there; their numbers of partitions never change."""

    def __init__(self, log: EventLog, secret: bytes) -> None:
        self._secret = secret
        self._vote_partitions = log.partitions(VOTES_TOPIC)
        self._article_partitions = log.partitions(ARTICLES_TOPIC)

    def records_of(self, events: Sequence[Event]) -> list[NewRecord]:
        """As record_of for each, in order; the home partitions of many votes are worked out at once."""
        votes = [event for event in events if isinstance(event, VoteCast)]
        if len(events) < MANY or len(votes) < len(events):
            return [self.record_of(event) for event in events]
        keys = [reader_key(self._secret, vote.data.reader_id or "") for vote in votes]
        homes = partitions_of(b"".join(keys), self._vote_partitions).tolist()
        return [
            NewRecord(VOTES_TOPIC, home, key, encode_for_log(vote, key))
            for vote, key, home in zip(votes, keys, homes, strict=True)
        ]

    def record_of(self, event: Event) -> NewRecord:
        """The record of an event that came over HTTP: a vote has its reader_id."""
        if isinstance(event, VoteCast):
            key = reader_key(self._secret, event.data.reader_id or "")
            return NewRecord(VOTES_TOPIC, partition_of(key, self._vote_partitions), key, encode_for_log(event, key))
        key = event.data.article_id.encode()
        return NewRecord(ARTICLES_TOPIC, partition_of(key, self._article_partitions), key, encode_article(event))
