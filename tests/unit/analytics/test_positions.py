"""Positions travel as one text and come back as they were; what is no such text is refused in a sentence."""

from __future__ import annotations

import pyarrow as pa
import pytest

from feedback_analytics.analytics.positions import (
    NOTHING,
    SCHEMA,
    positions_text,
    read_positions_text,
    refuse_unknown_positions,
)
from feedback_analytics.errors import QueryError


def known(*rows: tuple[str, str, int, int]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], SCHEMA)


SOME = known(
    ("l1", "feedback.articles.v1", 0, 3), ("l1", "feedback.votes.v1", 0, 12), ("l1", "feedback.votes.v1", 1, 7)
)


def test_positions_come_back_from_their_text() -> None:
    text = positions_text(SOME)
    assert text == "l1:feedback.articles.v1:0@3;l1:feedback.votes.v1:0@12,1@7"
    assert read_positions_text(text).equals(SOME)
    assert positions_text(known()) == NOTHING
    assert read_positions_text(NOTHING).equals(known())


@pytest.mark.parametrize("text", ["", "x", "l1:t:0", "l1:t:0@", "l1:t:0@1;", "l1:t:-1@3", "l1:t:0@1,", "l1:t:0@1 "])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="neither a time such as .* nor the positions"):
        read_positions_text(text)


def test_a_partition_is_counted_once() -> None:
    assert read_positions_text("l1:t:0@5,0@5").num_rows == 1
    with pytest.raises(QueryError, match=r"two positions of t\[0\]"):
        read_positions_text("l1:t:0@5,0@6")
    with pytest.raises(QueryError, match="cannot be"):
        read_positions_text("l1:t:70000@5")
    with pytest.raises(QueryError, match="cannot be"):
        read_positions_text(f"l1:t:0@{10**30}")


def test_positions_that_the_store_never_had_are_refused() -> None:
    refuse_unknown_positions(known(("l1", "feedback.votes.v1", 0, 12)), SOME)
    with pytest.raises(QueryError, match=r"position 13 of feedback.votes.v1\[0\]; the store has come to 12"):
        refuse_unknown_positions(known(("l1", "feedback.votes.v1", 0, 13)), SOME)
    with pytest.raises(QueryError, match="of the log l2, which this store never read"):
        refuse_unknown_positions(known(("l2", "feedback.votes.v1", 0, 1)), SOME)
