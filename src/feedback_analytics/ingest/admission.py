"""Admission: the ordered list of steps that may refuse an event, and why. A new rule is one function and one line here.

    arrival = Arrival(raw, arrived_at=1795428930123000, max_event_bytes=65536)
    refusal = admit(arrival)
    arrival.reading.event        # when refusal is None

Every step looks at the arrival and returns None, or the Refusal that ends its way. `admit_all` comes to the same
answers for many at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from msgspec import Struct

from feedback_analytics.contract import MAX_CLOCK_AHEAD_US, Event, Reading, Reason, read_one, read_usual_votes
from feedback_analytics.errors import ContractError

MANY = 4
# From about so many events on, columns cost less than one event after the other.

COLUMN_EVENTS = 1000
# Read as columns at once: a bad one among them sends the others the careful way too.

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Refusal(Struct, frozen=True, gc=False):
    """Why an event is not let in: its reason, the path of the field, and what was expected and found there."""

    reason: Reason
    field: str
    detail: str


class Arrival:
    """An event at the door: its bytes, when it came (µs since 1970 UTC), and, once read, what it says."""

    __slots__ = ("arrived_at", "max_event_bytes", "raw", "reading")
    reading: Reading

    def __init__(self, raw: bytes, arrived_at: int, max_event_bytes: int) -> None:
        self.raw, self.arrived_at, self.max_event_bytes = raw, arrived_at, max_event_bytes


Step = Callable[[Arrival], Refusal | None]


def refuse_oversized(arrival: Arrival) -> Refusal | None:
    if len(arrival.raw) <= arrival.max_event_bytes:
        return None
    detail = f"expected at most {arrival.max_event_bytes} bytes, found {len(arrival.raw)} bytes"
    return Refusal(Reason.too_large, "", detail)


def refuse_by_contract(arrival: Arrival) -> Refusal | None:
    """Reads the event; what the contract does not allow, it refuses."""
    try:
        arrival.reading = read_one(arrival.raw, over_http=True)
    except ContractError as error:
        return Refusal(Reason(error.reason), error.field, f"expected {error.expected}, found {error.found}")
    return None


def refuse_clock_ahead(arrival: Arrival) -> Refusal | None:
    """A vote from the future would win over all later ones. The answer carries our time, to set the clock by."""
    latest = arrival.arrived_at + MAX_CLOCK_AHEAD_US
    if arrival.reading.occurred_at <= latest:
        return None
    limit = (_EPOCH + timedelta(microseconds=latest)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    detail = f"expected at most {limit}, found {arrival.reading.event.time}"
    return Refusal(Reason.clock_ahead, "time", detail)


STEPS: tuple[Step, ...] = (refuse_oversized, refuse_by_contract, refuse_clock_ahead)


def admit(arrival: Arrival) -> Refusal | None:
    """The first refusal among the steps, or None: the event is let in."""
    for step in STEPS:
        if (refusal := step(arrival)) is not None:
            return refusal
    return None


class Admitted(NamedTuple):
    """What became of some events: those let in, in order, and the others by their place among all."""

    events: list[Event]
    refusals: dict[int, Refusal]
    unknown_fields: int


def admit_all(raws: Sequence[bytes], arrived_at: int, max_event_bytes: int) -> Admitted:
    """admit for each of the events; 2 µs each when many of them are as usual."""
    events: list[Event] = []
    refusals: dict[int, Refusal] = {}
    unknown_fields = 0
    for first in range(0, len(raws), COLUMN_EVENTS):
        some = raws[first : first + COLUMN_EVENTS]
        if (usual := _usual(some, arrived_at, max_event_bytes)) is not None:
            events += usual
            continue
        for index, raw in enumerate(some, first):
            arrival = Arrival(raw, arrived_at, max_event_bytes)
            if (refusal := admit(arrival)) is not None:
                refusals[index] = refusal
                continue
            events.append(arrival.reading.event)
            unknown_fields += arrival.reading.unknown_fields
    return Admitted(events, refusals, unknown_fields)


def _usual(raws: Sequence[bytes], arrived_at: int, max_event_bytes: int) -> Sequence[Event] | None:
    """The events when all of them are votes that no step would refuse; None when that takes a closer look."""
    if len(raws) < MANY or max(map(len, raws)) > max_event_bytes:
        return None
    found = read_usual_votes(raws)
    if found is None:
        return None
    votes, newest = found
    return votes if newest <= arrived_at + MAX_CLOCK_AHEAD_US else None
