"""Laws of the contract over generated records: the fast way and the careful way never differ."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_analytics.contract import VoteCast, decode_votes, encode_for_log, reader_key
from feedback_analytics.contract.codec import _usual_votes
from feedback_analytics.contract.reading import read_event
from feedback_analytics.contract.times import EARLIEST_US, FEW_TIMES, time_us, times_us
from feedback_analytics.errors import ContractError
from tests.support.builders import SECRET

texts = st.text(max_size=12) | st.text(alphabet='a\x00\x1f\x7f\x80\x9f\xa0é"\\/', max_size=6) | st.just("x" * 201)
ids = st.text(min_size=1, max_size=8) | texts
digits = "0123456789"
times = (
    st.sampled_from(["2026-11-23", "2000-01-01", "1999-12-31", "2024-02-29", "2023-02-29", "0000-01-01", "9999-12-31"])
    .flatmap(lambda day: st.sampled_from(["T", "T", "T", "t", " ", ""]).map(lambda sep: day + sep))
    .flatmap(
        lambda head: st.sampled_from(["10:15:30", "23:59:59", "24:00:00", "10:15:60", "10:15", "10", "101530"]).map(
            lambda clock: head + clock
        )
    )
    .flatmap(
        lambda head: st.sampled_from(["", ".1", ".123", ".123456", ".1234567", ".123456789", ".", ",5"]).map(
            lambda fraction: head + fraction
        )
    )
    .flatmap(
        lambda head: st.sampled_from(
            ["Z", "Z", "z", "+01:00", "-23:59", "+24:00", "+01:60", "+0100", "+01", "", " Z", "-00:00"]
        ).map(lambda zone: head + zone)
    )
) | st.text(alphabet=digits + "-:.TZ+ ", max_size=30)
readers = st.fixed_dictionaries(
    {},
    optional={
        "reader_id": ids | st.none() | st.integers(),
        "reader_key": st.text("0123456789abcdef", min_size=32, max_size=32)
        | st.text("0aF é", min_size=31, max_size=33)
        | st.none(),
    },
)
usual_readers = st.builds(lambda key: {"reader_key": key.hex()}, st.binary(min_size=16, max_size=16)) | st.just(
    {"reader_id": "r1"}
)


@st.composite
def votes(draw: st.DrawFn) -> bytes:
    """Votes, most of them good, with every rule of the contract broken now and then."""
    event: dict[str, Any] = {
        "specversion": draw(st.sampled_from(["1.0"] * 9 + ["0.3"])),
        "id": draw(ids),
        "source": draw(ids),
        "type": draw(st.sampled_from(["feedback.vote.cast.v1"] * 9 + ["feedback.vote.cast.v2", "x"])),
        "time": draw(st.just("2026-11-23T10:15:30.123Z") | times),
        "data": {
            "article_id": draw(ids),
            "vote": draw(st.sampled_from(["useful", "not_useful", "retracted", "useful", "yes"])),
            **draw(usual_readers | usual_readers | readers),
            **draw(
                st.fixed_dictionaries(
                    {},
                    optional={
                        "section_id": ids | st.none(),
                        "article_version": st.integers(-2, 2**33) | st.none() | st.floats(allow_nan=True),
                        "locale": texts,
                        "unknown": st.recursive(st.none() | texts, lambda inner: st.lists(inner, max_size=2)),
                    },
                )
            ),
        },
    }
    raw = json.dumps(event, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 9)) == 0:
        place = draw(st.integers(0, len(raw) - 1))
        raw = raw[:place] + draw(st.binary(max_size=2)) + raw[place + 1 :]
    return raw


def carefully(raw: bytes) -> tuple[VoteCast, int] | None:
    try:
        event, occurred_at, _ = read_event(raw)
    except ContractError:
        return None
    return (event, occurred_at) if isinstance(event, VoteCast) else None


@settings(max_examples=400, deadline=None)
@given(st.lists(votes(), max_size=5))
def test_the_columns_take_exactly_the_votes_that_the_careful_way_takes(values: list[bytes]) -> None:
    expected = [one for one in map(carefully, values) if one is not None]
    decoded = decode_votes(values)
    assert list(zip(decoded.events, decoded.occurred_at.tolist(), strict=True)) == expected
    assert len(decoded.events) + len(decoded.bad) == len(values)


@settings(max_examples=400, deadline=None)
@given(st.lists(votes(), min_size=1, max_size=3), st.sampled_from([1, FEW_TIMES]))
def test_what_the_fast_way_takes_whole_the_careful_way_takes_one_by_one(values: list[bytes], times: int) -> None:
    values = values * times
    usual = _usual_votes(values)
    if usual is not None:
        assert list(zip(usual[0], usual[1].tolist(), strict=True)) == [carefully(raw) for raw in values]


@settings(max_examples=2000, deadline=None)
@given(times, st.sampled_from([1, FEW_TIMES + 1]))
def test_times_read_as_a_column_equal_times_read_singly(text: str, many: int) -> None:
    column = times_us([text] * many)
    if column is not None:
        assert column.tolist() == [time_us(text)] * many
        assert time_us(text) >= EARLIEST_US


@settings(max_examples=200, deadline=None)
@given(votes())
def test_encode_then_decode_is_the_same_event_with_the_key_for_the_reader(raw: bytes) -> None:
    if (read := carefully(raw)) is None:
        return
    event, occurred_at = read
    key = reader_key(SECRET, "r1")
    decoded = decode_votes([encode_for_log(event, key)])
    (back,) = decoded.events
    assert decoded.occurred_at.tolist() == [occurred_at]
    for name in ("id", "source", "time", "subject"):
        assert getattr(back, name) == getattr(event, name)
    for name in ("article_id", "section_id", "article_version", "vote", "locale", "device", "referrer"):
        assert getattr(back.data, name) == getattr(event.data, name)
    assert (back.data.reader_id, back.data.reader_key) == (None, key.hex())


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.recursive(st.none(), lambda x: st.lists(x)).map(lambda x: json.dumps(x).encode()))
def test_any_bytes_are_an_event_or_a_contract_error(raw: bytes) -> None:
    assert len(decode_votes([raw]).bad) == 1
