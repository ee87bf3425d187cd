"""A body cut into events by its media type: one event, an array, or a line each. The events are not read yet."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import msgspec
import numpy as np

from feedback_analytics.contract import Reason
from feedback_analytics.ingest.refusals import RefusedRequest

Framing = Callable[[bytes, int], list[bytes]]

_array = msgspec.json.Decoder(list[msgspec.Raw])
_LINE = re.compile(rb"[^\s][^\n]*")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NOT_STRUCTURE = bytes(set(range(256)) - set(b"[]{},"))
_BLANKS = b" \t\r\n"
_MANY_COMMAS = 200_000
# So many elements an array may have before they are counted without making them: they would take 20 MB.


@lru_cache(maxsize=64)
def framing_of(content_type: bytes) -> Framing:
    """How a body of this Content-Type holds its events. Raises RefusedRequest (415) naming the types that are taken.

    Without a Content-Type the body tells: an array, or one event.
    """
    media_type, _, parameters = content_type.decode("latin-1").lower().partition(";")
    framing = _FRAMINGS.get(media_type.strip())
    charset = re.search(r'charset\s*=\s*"?([^";\s]+)', parameters)
    if framing is None or (charset is not None and charset[1] not in ("utf-8", "utf8", "us-ascii")):
        raise RefusedRequest(
            415,
            Reason.unsupported_media,
            f"The media types taken are {', '.join(MEDIA_TYPES)}, in UTF-8.",
            field="Content-Type",
            headers=((b"accept", ", ".join(MEDIA_TYPES).encode()),),
        )
    return framing


def one_event(body: bytes, max_events: int) -> list[bytes]:
    return [body] if body.strip(_BLANKS) else []


def array_of_events(body: bytes, max_events: int) -> list[bytes]:
    """The elements of a JSON array, uncopied meaning: each is a JSON value, which need not be an event."""
    if body.count(b",") > max(_MANY_COMMAS, max_events) and _elements(body) > max_events:
        raise too_many(max_events)
    try:
        elements = _array.decode(body)
    except RecursionError:
        raise RefusedRequest(400, Reason.too_deep, "Arrays and objects are nested too deeply.") from None
    except msgspec.DecodeError as error:
        problem = str(error).removeprefix("JSON is malformed: ")
        raise RefusedRequest(400, Reason.not_json, f"The body is not a JSON array of events: {problem}.") from None
    if len(elements) > max_events:
        raise too_many(max_events)
    return [bytes(element) for element in elements]


def event_a_line(body: bytes, max_events: int) -> list[bytes]:
    """The lines of NDJSON; blank ones do not count."""
    events: list[bytes] = []
    for line in _LINE.finditer(body):
        if len(events) == max_events:
            raise too_many(max_events)
        events.append(line[0])
    return events


def event_or_array(body: bytes, max_events: int) -> list[bytes]:
    """For types that say no more than JSON or text: an array if it begins like one."""
    framing = array_of_events if body.lstrip(_BLANKS).startswith(b"[") else one_event
    return framing(body, max_events)


def too_many(max_events: int) -> RefusedRequest:
    detail = f"A request may hold at most {max_events} events. Send the rest in further requests."
    return RefusedRequest(413, Reason.too_many, detail)


def _elements(body: bytes) -> int:
    """How many elements the outermost array has."""
    structure = np.frombuffer(_STRING.sub(b"", body).translate(None, _NOT_STRUCTURE), np.uint8)
    is_comma = structure == ord(",")
    # In ASCII the closing bracket is the opening one plus 2: [ 5B ] 5D, { 7B } 7D.
    steps = np.where(is_comma, 0, np.where((structure & 4) == 0, 1, -1)).astype(np.int8)
    depth = np.cumsum(steps, dtype=np.int32)
    return int(np.count_nonzero(is_comma & (depth == 1))) + 1


_FRAMINGS: dict[str, Framing] = {
    "application/cloudevents+json": one_event,
    "application/cloudevents-batch+json": array_of_events,
    "application/x-ndjson": event_a_line,
    "application/json": event_or_array,
    "text/plain": event_or_array,
    "": event_or_array,
}
MEDIA_TYPES = tuple(name for name in _FRAMINGS if name)
