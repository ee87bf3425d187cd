"""What is written to the log, and what errors may show."""

from __future__ import annotations

import json

import pytest

from feedback_analytics.contract import (
    ArticlePublished,
    VoteCast,
    decode_articles,
    decode_event,
    decode_votes,
    encode_article,
    encode_for_log,
    read_one,
    reader_key,
    section_kind,
)
from feedback_analytics.errors import ContractError, UnsupportedVersion
from tests.support.builders import SECRET, a_vote, an_article

KEY = reader_key(SECRET, "r1")


def as_bytes(event: dict[str, object]) -> bytes:
    return json.dumps(event).encode()


def test_the_log_holds_the_reader_key_and_never_the_reader_id() -> None:
    vote = decode_event(as_bytes(a_vote(reader="r1@example", section="s1", version=2)), over_http=True)
    assert isinstance(vote, VoteCast)
    stored = encode_for_log(vote, KEY)
    assert b"r1@example" not in stored
    (back,) = decode_votes([stored]).events
    assert (back.data.reader_id, back.data.reader_key) == (None, KEY.hex())
    assert (back.id, back.time, back.source, back.data.section_id) == (vote.id, vote.time, vote.source, "s1")


def test_a_retry_is_written_byte_for_byte_the_same() -> None:
    raw = as_bytes(a_vote(at="2026-11-23T10:15:30.120+01:00", locale="en-GB"))
    first, second = (decode_event(raw, over_http=True) for _ in range(2))
    assert isinstance(first, VoteCast) and isinstance(second, VoteCast)
    assert encode_for_log(first, KEY) == encode_for_log(second, KEY)
    assert b"2026-11-23T10:15:30.120+01:00" in encode_for_log(first, KEY)


def test_an_announcement_comes_back_from_the_log_as_it_was() -> None:
    article = decode_event(as_bytes(an_article(author="Energy desk", ai_generated=True)), over_http=True)
    assert isinstance(article, ArticlePublished)
    assert decode_articles([encode_article(article)]).events == [article]


def test_a_reader_key_is_refused_over_http_and_taken_from_the_log() -> None:
    event = a_vote()
    del event["data"]["reader_id"]
    event["data"]["reader_key"] = KEY.hex()
    assert read_one(as_bytes(event), over_http=False).event.data.reader_key == KEY.hex()  # type: ignore[union-attr]
    with pytest.raises(ContractError) as caught:
        decode_event(as_bytes(event), over_http=True)
    assert caught.value.reason == "reader_key_refused"


def test_an_unknown_major_version_is_an_error_of_its_own() -> None:
    with pytest.raises(UnsupportedVersion):
        decode_event(as_bytes(a_vote() | {"type": "feedback.vote.cast.v2"}), over_http=True)


@pytest.mark.parametrize(
    "reader", ["anna@example\x00", "anna@example" * 20, {"name": "anna@example"}, ["anna@example"]]
)
def test_no_error_shows_a_readers_id(reader: object) -> None:
    event = a_vote()
    event["data"]["reader_id"] = reader
    with pytest.raises(ContractError) as caught:
        decode_event(as_bytes(event), over_http=True)
    assert "anna" not in str(caught.value)


def test_two_values_that_look_like_one_event_together_are_two_bad_records() -> None:
    raw = as_bytes(a_vote())
    torn = [raw[:60], raw[60:], raw]
    votes = decode_votes(torn)
    assert [one.index for one in votes.bad] == [0, 1] and len(votes.events) == 1


def test_fields_of_one_name_do_not_break_the_explanation() -> None:
    raw = as_bytes(a_vote()).replace(b'"data": {', b'"data": {"vote": 5, ')
    with pytest.raises(ContractError) as caught:
        decode_event(raw, over_http=True)
    assert (caught.value.reason, caught.value.field) == ("wrong_type", "data.vote")
    twice = raw[:-1] + b', "data": 7}'
    with pytest.raises(ContractError) as caught:
        decode_event(twice, over_http=True)
    assert caught.value.field == "data.vote"


def test_no_records_are_no_votes() -> None:
    votes = decode_votes([])
    assert (votes.events, votes.occurred_at.tolist(), votes.good, votes.bad) == ([], [], None, [])


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("What's Happening?", "whats_happening"),
        ("What’s Happening", "whats_happening"),
        ("WHY IT'S IMPORTANT", "why_its_important"),
        (" What's Next? ", "whats_next"),
        ("Beyond the Headlines", "beyond_the_headlines"),
        ("What's Next for the Bridge?", "other"),
        ("", "other"),
    ],
)
def test_a_heading_tells_the_part_of_the_house_format(heading: str, kind: str) -> None:
    assert section_kind(heading) == kind
