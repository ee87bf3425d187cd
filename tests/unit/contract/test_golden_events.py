"""The golden events: files that emitters in any language can test against."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedback_analytics.contract import ArticlePublished, VoteCast, decode_articles, decode_votes, read_one
from feedback_analytics.errors import ContractError

EVENTS = Path(__file__).parents[2] / "data" / "events"
GOOD = sorted((EVENTS / "good").glob("*.json"))
BAD = sorted((EVENTS / "bad").glob("*.json"))


def verdict(raw: bytes) -> str:
    with pytest.raises(ContractError) as caught:
        read_one(raw, over_http=False)
    error = caught.value
    return f"{error.reason} | {error.field or '-'} | expected {error.expected}, found {error.found}"


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_a_good_event_is_read(file: Path) -> None:
    event = read_one(file.read_bytes(), over_http=False).event
    assert isinstance(event, VoteCast if file.stem.startswith("vote") else ArticlePublished)


def test_each_bad_event_is_told_its_reason_its_field_and_what_stood_there() -> None:
    verdicts = "".join(f"{file.name}: {verdict(file.read_bytes())}\n" for file in BAD)
    assert verdicts == (EVENTS / "bad" / "verdicts.txt").read_text()


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_event_in_the_log_is_told_the_same(file: Path) -> None:
    raw = file.read_bytes()
    (bad,) = decode_votes([raw]).bad
    assert f"{bad.error.reason} | {bad.error.field or '-'}" == verdict(raw).rpartition(" | ")[0]


def test_the_columns_hold_the_good_events_and_name_the_bad_ones_by_place() -> None:
    good = [file.read_bytes() for file in GOOD if file.stem.startswith("vote")]
    bad = [file.read_bytes() for file in BAD]
    mixed = [raw for pair in zip(good, bad, strict=False) for raw in pair]
    votes = decode_votes(mixed)
    assert votes.events == decode_votes(good).events
    assert [one.index for one in votes.bad] == list(range(1, len(mixed), 2))
    assert votes.good is not None and votes.good.tolist() == [True, False] * len(good)


def test_an_announcement_on_the_topic_of_votes_is_bad_and_the_other_way_round() -> None:
    article, vote = ((EVENTS / "good" / f"{name}-full.json").read_bytes() for name in ("article", "vote"))
    assert [(one.index, one.error.reason) for one in decode_votes([vote, article]).bad] == [(1, "wrong_topic")]
    assert [(one.index, one.error.reason) for one in decode_articles([vote, article]).bad] == [(0, "wrong_topic")]
    assert decode_articles([article]).good is None


def test_fields_that_the_contract_does_not_know_are_left_out_and_counted() -> None:
    extended, plain = (
        (EVENTS / "good" / f"{name}.json").read_bytes() for name in ("vote-extension-and-unknown-fields", "vote-full")
    )
    votes = decode_votes([extended, plain])
    assert votes.unknown_fields == 3
    assert votes.events[0].data == votes.events[1].data
