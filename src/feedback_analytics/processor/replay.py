"""Replay: dead letters are sent through the log again, once they can be read.

The record is decoded by the contract in force now. One that is still no event stays dead and is reported; the others
are appended with a header that names their dead letter, and the worker notes what became of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from feedback_analytics.contract import (
    ARTICLES_TOPIC,
    VOTES_TOPIC,
    VoteCast,
    decode_event,
    encode_for_log,
    partition_of,
    reader_key,
)
from feedback_analytics.errors import ContractError
from feedback_analytics.processor.batch import APPEND_SECONDS, Append, OutgoingRecord
from feedback_analytics.processor.dead_letters import unseal
from feedback_analytics.processor.prepared import REPLAY_OF


@dataclass(frozen=True, slots=True)
class KeptLetter:
    """A dead letter as the store has it."""

    dead_letter_id: str
    payload: bytes
    is_sealed: bool


@dataclass(frozen=True, slots=True)
class Replayed:
    """Which dead letters went into the log again, and why the others did not (by id)."""

    sent: list[str]
    still_dead: dict[str, ContractError]


def replay(
    letters: Iterable[KeptLetter], *, append: Append, secret: bytes, partitions: Callable[[str], int]
) -> Replayed:
    """Append the letters that are events now; durable when this returns.

    partitions tells the number of partitions of a topic. Replaying a letter twice stores its event once.
    """
    outgoing: list[OutgoingRecord] = []
    still_dead: dict[str, ContractError] = {}
    sent = []
    for letter in letters:
        payload = unseal(letter.payload, secret) if letter.is_sealed else letter.payload
        try:
            outgoing.append(_record(letter.dead_letter_id, payload, secret, partitions))
            sent.append(letter.dead_letter_id)
        except ContractError as error:
            still_dead[letter.dead_letter_id] = error
    if outgoing:
        append(outgoing).result(timeout=APPEND_SECONDS)
    return Replayed(sent, still_dead)


def _record(letter_id: str, payload: bytes, secret: bytes, partitions: Callable[[str], int]) -> OutgoingRecord:
    event = decode_event(payload, over_http=False)
    headers = ((REPLAY_OF, letter_id.encode()),)
    if isinstance(event, VoteCast):
        known = event.data.reader_key
        key = bytes.fromhex(known) if known is not None else reader_key(secret, event.data.reader_id or "")
        home = partition_of(key, partitions(VOTES_TOPIC))
        return OutgoingRecord(VOTES_TOPIC, home, key, encode_for_log(event, key), headers)
    key = event.data.article_id.encode()
    return OutgoingRecord(ARTICLES_TOPIC, partition_of(key, partitions(ARTICLES_TOPIC)), key, payload, headers)
