"""Receipts are read as ingest answers them, or as CSV."""

from __future__ import annotations

import pytest

from feedback_analytics.errors import QueryError
from feedback_analytics.store import read_receipts


def test_receipts_come_as_csv_with_or_without_a_header() -> None:
    lines = ["topic,partition,offset", "feedback.votes.v1,0,17", "", "feedback.votes.v1, 3, 4"]
    assert read_receipts(lines) == [("feedback.votes.v1", 0, 17), ("feedback.votes.v1", 3, 4)]


def test_receipts_come_as_the_answers_of_ingest_without_those_of_refused_events() -> None:
    lines = [
        '{"index": 0, "status": "accepted", "topic": "t", "partition": 1, "offset": 2}',
        '{"accepted": 1, "refused": 1, "results": [{"index": 0, "status": "refused", "reason": "empty"},'
        ' {"index": 1, "status": "accepted", "topic": "t", "partition": 0, "offset": 9}]}',
        '{"topic": "t", "partition": 0, "offset": 0}',
    ]
    assert read_receipts(lines) == [("t", 1, 2), ("t", 0, 9), ("t", 0, 0)]


@pytest.mark.parametrize("line", ["nonsense", "t,0", "t,zero,1", '{"topic": "t"}', "{", '{"results": 3}'])
def test_a_line_that_is_no_receipt_is_named(line: str) -> None:
    with pytest.raises(QueryError, match="line 2 is no receipt"):
        read_receipts(["t,0,1", line])
