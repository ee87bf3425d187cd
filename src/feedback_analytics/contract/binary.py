"""CloudEvents in binary mode, as emitters on Kafka write them: attributes in headers, the value is the data.

Such a record is put into the form of structured mode first, so that one parser knows the rules of all events.
Source: CloudEvents 1.0.2, Kafka protocol binding, sections 3.1 to 3.3.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec

ATTRIBUTE = "ce_"
CONTENT_TYPE = "content-type"
STRUCTURED = b"application/cloudevents"
NO_ATTRIBUTES = {"data", "data_base64"}
# Members of a structured event beside its attributes: no header may stand for them.

_one_json_value = msgspec.json.Decoder(msgspec.Raw).decode


def unwrap(value: bytes, headers: Mapping[str, bytes]) -> tuple[bytes, dict[str, bytes]]:
    """The event in structured mode, and the headers that are no part of it.

    A record in structured mode comes back as it is. So does one whose value is not one JSON value: it can be no event,
    and must not change the meaning of what would stand around it. Bytes that are not UTF-8 stay in their place, for
    the parser to refuse.
    """
    if CONTENT_TYPE in headers and headers[CONTENT_TYPE].lower().startswith(STRUCTURED):
        return value, _others(headers)
    attributes = {
        name.removeprefix(ATTRIBUTE): text
        for name, text in headers.items()
        if name.startswith(ATTRIBUTE) and name.removeprefix(ATTRIBUTE) not in NO_ATTRIBUTES
    }
    if not attributes:
        return value, dict(headers)
    if not _is_json(value):
        return value, _others(headers)
    if CONTENT_TYPE in headers:
        attributes["datacontenttype"] = headers[CONTENT_TYPE]
    members = [f"{_quoted(name)}:{_quoted(text.decode(errors='surrogateescape'))}" for name, text in attributes.items()]
    before = "{" + ",".join(members) + ',"data":'
    return before.encode(errors="surrogateescape") + value + b"}", _others(headers)


def _others(headers: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: text for name, text in headers.items() if name != CONTENT_TYPE and not name.startswith(ATTRIBUTE)}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _is_json(value: bytes) -> bool:
    try:
        _one_json_value(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
