"""What cannot be read is kept, and no reader's id with it."""

from __future__ import annotations

import json

import pytest

from feedback_analytics.contract import Bad, decode_votes, reader_key
from feedback_analytics.errors import SettingsError
from feedback_analytics.processor import seal, unseal
from feedback_analytics.processor.dead_letters import DeadLetter, keep_dead
from tests.support.builders import SECRET, a_vote


def kept(value: bytes) -> DeadLetter:
    """The dead letter that a record becomes, as the processor makes it."""
    bad: list[Bad] = decode_votes([value]).bad
    assert bad, "the record should be no vote"
    return keep_dead(bad, [value], SECRET)[0]


def test_a_readable_reader_id_is_replaced_by_its_key() -> None:
    letter = kept(json.dumps(a_vote(reader="jane@example.org", vote="splendid")).encode())
    assert not letter.is_sealed
    assert json.loads(letter.payload)["data"]["reader_key"] == reader_key(SECRET, "jane@example.org").hex()
    assert b"jane" not in letter.payload


def test_the_reason_names_field_expectation_and_finding() -> None:
    letter = kept(json.dumps(a_vote(vote="splendid", event_id="v1")).encode())
    assert letter.field == "data.vote"
    assert "useful" in letter.expected
    assert "splendid" in letter.found
    assert (letter.event_id, letter.source, letter.event_type) == (
        "v1",
        "https://news.example/web",
        "feedback.vote.cast.v1",
    )


@pytest.mark.parametrize(
    "value",
    [
        b'{"data":{"reader_id":"jane@example.org"',
        b'{"reader_id":"jane@example.org","data":{}}',
        b'{"data":{"reader_id":["jane@example.org"]}}',
        b'{"note":"jane@example.org","data":{"reader_id":"jane@example.org"}}',
        b'["jane@example.org"]',
        b"jane@example.org\xff",
        b"",
    ],
    ids=["torn", "misplaced", "a list", "told twice", "no object", "no text", "nothing"],
)
def test_bytes_that_may_hide_a_reader_id_are_sealed(value: bytes) -> None:
    letter = kept(value)
    assert letter.is_sealed
    assert b"jane" not in letter.payload
    assert "jane" not in letter.found
    assert unseal(letter.payload, SECRET) == value


def test_another_secret_opens_no_seal() -> None:
    with pytest.raises(SettingsError, match="FEEDBACK_READER_SECRET"):
        unseal(seal(b"bytes", SECRET), b"another secret of the same length")


def test_the_same_bytes_are_never_sealed_alike() -> None:
    assert seal(b"bytes", SECRET) != seal(b"bytes", SECRET)


def test_a_source_with_control_characters_is_not_repeated() -> None:
    event = a_vote(source="https://news.example/\x1b[31m")
    assert kept(json.dumps(event).encode()).source is None
