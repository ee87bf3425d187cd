"""CloudEvents in binary mode mean what the same events mean in structured mode."""

from __future__ import annotations

import json
from typing import Any

import pytest

from feedback_analytics.contract import Reason, decode_event, unwrap
from feedback_analytics.errors import ContractError
from tests.support.builders import a_vote, an_article, as_binary

JSON = {"content-type": b"application/json"}


@pytest.mark.parametrize("event", [a_vote(section="Tür", locale="de", at="2026-01-01T00:00:00Z"), an_article("a 1")])
def test_an_event_is_the_same_in_both_modes(event: dict[str, Any]) -> None:
    value, headers = as_binary(event)
    unwrapped, others = unwrap(value, headers)
    assert others == {}
    assert json.loads(unwrapped) == event | {"datacontenttype": "application/json"}
    plain = json.dumps(event | {"datacontenttype": "application/json"}).encode()
    assert decode_event(unwrapped, over_http=False) == decode_event(plain, over_http=False)


def test_structured_mode_is_left_as_it_is_whatever_headers_stand_beside() -> None:
    raw = json.dumps(a_vote()).encode()
    headers = {"content-type": b"application/cloudevents+json; charset=UTF-8", "ce_id": b"another", "trace": b"t"}
    assert unwrap(raw, headers) == (raw, {"trace": b"t"})
    assert unwrap(raw, {"moved_from": b"1"}) == (raw, {"moved_from": b"1"})


def test_headers_that_are_no_attributes_stay_beside_the_event() -> None:
    value, headers = as_binary(a_vote())
    assert unwrap(value, headers | {"replay_of": b"letter"})[1] == {"replay_of": b"letter"}


@pytest.mark.parametrize("value", [b'{},"id":"forged"', b'{}}{"a":{}', b"", b"torn", b'{"a":"\xff"', b"[" * 100_000])
def test_data_that_is_not_one_json_value_cannot_change_what_stands_around_it(value: bytes) -> None:
    _, headers = as_binary(a_vote())
    assert unwrap(value, headers) == (value, {})


def test_no_header_stands_for_the_data() -> None:
    value, headers = as_binary(a_vote(article="real"))
    forged = headers | {"ce_data": b"{}", "ce_data_base64": b"e30="}
    assert unwrap(value, forged) == unwrap(value, headers)


@pytest.mark.parametrize(
    ("header", "text", "reason"),
    [
        ("ce_id", b"\xff\xfe", Reason.bad_utf8),
        ("ce_id", b"", Reason.empty),
        ("ce_id", b'x","source":"forged', None),
        ("ce_id", b"a\nb", Reason.control_character),
        ("ce_specversion", b"2.0", Reason.unsupported_version),
        ("ce_type", b"other", Reason.unknown_type),
    ],
)
def test_attributes_are_read_by_the_rules_of_all_events(header: str, text: bytes, reason: Reason | None) -> None:
    value, headers = as_binary(a_vote(source="true"))
    unwrapped, _ = unwrap(value, headers | {header: text})
    if reason is None:
        event = decode_event(unwrapped, over_http=False)
        assert (event.id, event.source) == (text.decode(), "true")
        return
    with pytest.raises(ContractError) as told:
        decode_event(unwrapped, over_http=False)
    assert told.value.reason == reason


def test_an_attribute_that_is_missing_is_told() -> None:
    value, headers = as_binary(a_vote())
    del headers["ce_time"]
    with pytest.raises(ContractError, match="time: expected"):
        decode_event(unwrap(value, headers)[0], over_http=False)
