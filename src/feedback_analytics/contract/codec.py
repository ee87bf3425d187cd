"""Bytes ↔ events: the only parser. Records are decoded one by one, never joined.

    votes = decode_votes(batch.values)
    votes.events, votes.occurred_at     # the good ones, in order
    votes.bad                           # the others, each with its place and its ContractError

Torn values of two records can parse as one; so a record is never joined to its neighbour for parsing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from feedback_analytics.contract.events import MAX_EVENT_BYTES, ArticlePublished, Event, VoteCast, VoteData
from feedback_analytics.contract.reading import (
    DECODERS,
    Reading,
    check_reader,
    check_texts,
    check_times,
    read_event,
    refuse_oversized,
)
from feedback_analytics.contract.reasons import Reason
from feedback_analytics.contract.times import times_us
from feedback_analytics.errors import ContractError

E = TypeVar("E", VoteCast, ArticlePublished)

_CHUNK = 1000
# Records checked as columns at once: they fit the cache, and a bad one sends only its chunk the careful way.

_encode = msgspec.json.Encoder().encode
_decode_vote = DECODERS[VoteCast].decode


@dataclass(frozen=True, slots=True)
class Bad:
    """A record that is no event of its topic: its place among the values, and why."""

    index: int
    error: ContractError


@dataclass(frozen=True, slots=True)
class Decoded(Generic[E]):
    """What a sequence of records holds.

    events are the good ones in order, occurred_at their times (µs since 1970 UTC). good has one flag per record, or is
    None when all are good. unknown_fields counts the fields that the contract does not know and that were left out.
    reader_keys holds the 16 bytes of each vote's reader key, end to end, where all votes have one and were read as
    columns; else it is None.
    """

    events: list[E]
    occurred_at: NDArray[np.int64]
    good: NDArray[np.bool_] | None
    bad: list[Bad]
    unknown_fields: int
    reader_keys: bytes | None = None


Usual = Callable[[Sequence[bytes]], tuple[list[E], NDArray[np.int64], bytes | None] | None]
# Reads a chunk as columns, with the reader keys if it has them; None when it must be read singly.

DecodedVotes = Decoded[VoteCast]
DecodedArticles = Decoded[ArticlePublished]


def decode_votes(values: Sequence[bytes]) -> DecodedVotes:
    """The votes among the records of the votes' topic; 1.5 µs each when all of a chunk are as ingest writes them."""
    return _decode(values, VoteCast, _usual_votes)


def decode_articles(values: Sequence[bytes]) -> DecodedArticles:
    """The announcements among the records of the articles' topic."""
    return _decode(values, ArticlePublished, lambda _values: None)


def decode_event(raw: bytes, *, over_http: bool) -> Event:
    """One event. Over HTTP a reader must come as reader_id. Raises ContractError."""
    return read_one(raw, over_http=over_http).event


def read_one(raw: bytes, *, over_http: bool) -> Reading:
    """As decode_event, with the event's time and the number of unknown fields; 2.5 µs for a usual vote."""
    reading = _read(raw)
    if over_http and isinstance(reading.event, VoteCast) and reading.event.data.reader_key is not None:
        raise ContractError(Reason.reader_key_refused, "data.reader_key", "reader_id", "reader_key")
    return reading


def read_usual_votes(values: Sequence[bytes]) -> tuple[list[VoteCast], int] | None:
    """Votes as readers send them over HTTP, and the newest of their times (µs since 1970 UTC).

    None when there are none, or one of them is anything else or may be wrong: read them by read_one.
    """
    found = _usual_votes(values) if values else None
    if found is None or found[2] is not None:
        return None
    return found[0], int(found[1].max())


def encode_for_log(event: VoteCast, reader_key: bytes) -> bytes:
    """The vote as the log holds it: the reader's key in place of the id. The same event gives the same bytes."""
    data = event.data
    pseudonymous = VoteData(
        data.article_id,
        data.vote,
        data.section_id,
        data.article_version,
        None,
        reader_key.hex(),
        data.locale,
        data.device,
        data.referrer,
    )
    return _encode(
        VoteCast(
            specversion=event.specversion,
            id=event.id,
            source=event.source,
            time=event.time,
            subject=event.subject,
            datacontenttype=event.datacontenttype,
            dataschema=event.dataschema,
            type=event.type,
            data=pseudonymous,
        )
    )


def encode_article(event: ArticlePublished) -> bytes:
    """The announcement as the log holds it. The same event gives the same bytes."""
    return _encode(event)


def _decode(values: Sequence[bytes], kind: type[E], usual: Usual[E]) -> Decoded[E]:
    events: list[E] = []
    times: list[NDArray[np.int64]] = []
    keys: list[bytes | None] = []
    bad: list[Bad] = []
    unknown_fields = 0
    for start in range(0, len(values), _CHUNK):
        chunk = values[start : start + _CHUNK]
        if (found := usual(chunk)) is not None:
            events += found[0]
            times.append(found[1])
            keys.append(found[2])
            continue
        keys.append(None)
        single_times = []
        for index, raw in enumerate(chunk, start):
            try:
                reading = _read(raw)
                if not isinstance(reading.event, kind):
                    raise ContractError(Reason.wrong_topic, "type", kind.__name__, type(reading.event).__name__)
            except ContractError as error:
                bad.append(Bad(index, error))
            else:
                events.append(reading.event)
                single_times.append(reading.occurred_at)
                unknown_fields += reading.unknown_fields
        times.append(np.array(single_times, np.int64))
    good = None
    if bad:
        good = np.ones(len(values), np.bool_)
        good[[one.index for one in bad]] = False
    occurred_at = np.concatenate(times) if times else np.empty(0, np.int64)
    joined = None if None in keys else b"".join(keys)  # type: ignore[arg-type]  # no None among them
    return Decoded(events, occurred_at, good, bad, unknown_fields, joined)


def _usual_votes(values: Sequence[bytes]) -> tuple[list[VoteCast], NDArray[np.int64], bytes | None] | None:
    """The votes, their times and reader keys, or None when any of them has to be read singly."""
    if max(map(len, values)) > MAX_EVENT_BYTES:
        return None
    try:
        events = [_decode_vote(value) for value in values]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    times = times_us([event.time for event in events])
    keys = [event.data.reader_key for event in events]
    ids = [event.data.reader_id for event in events]
    has_keys = None not in keys
    if times is None or (has_keys and any(ids)) or (not has_keys and (any(keys) or None in ids)):
        return None
    raw_keys = _joined_keys(keys) if has_keys else None
    if has_keys and raw_keys is None:
        return None
    if _may_hold_control_characters(b"".join(values)):
        try:
            for value, event in zip(values, events, strict=True):
                if _may_hold_control_characters(value):
                    check_texts(event)
        except ContractError:
            return None
    return events, times, raw_keys


def _joined_keys(keys: Sequence[str | None]) -> bytes | None:
    """The bytes of reader keys, end to end; None when one of them is not well formed."""
    digits = "".join(keys)  # type: ignore[arg-type]  # the caller has looked for None
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        return None
    # fromhex skips blanks and takes capitals.
    return raw if len(raw) * 2 == len(digits) and digits == digits.lower() else None


def _may_hold_control_characters(raw: bytes) -> bool:
    """C0 and surrogates need a backslash in JSON, DEL stands for itself, and C1 begins with C2."""
    return b"\\" in raw or b"\x7f" in raw or (not raw.isascii() and b"\xc2" in raw)


def _read(raw: bytes) -> Reading:
    """read_event, by a shorter way for a vote without unknown fields."""
    try:
        vote: VoteCast = _decode_vote(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return read_event(raw)
    refuse_oversized(raw)
    if _may_hold_control_characters(raw):
        check_texts(vote)
    occurred_at = check_times(vote)
    check_reader(vote)
    return Reading(vote, occurred_at, 0)
