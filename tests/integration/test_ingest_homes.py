"""Where ingest puts votes: a reader's home does not depend on the company in which a vote came."""

from __future__ import annotations

import json
from pathlib import Path

from feedback_analytics.contract import partition_of, reader_key
from tests.support.builders import SECRET, a_vote
from tests.support.ingest import PARTITIONS, running_ingest


def test_a_reader_has_the_same_home_whether_votes_come_singly_or_by_the_hundred(tmp_path: Path) -> None:
    readers = [f"r{number}" for number in range(100)]
    votes = [a_vote("a1", reader=reader) for reader in readers]
    homes = [partition_of(reader_key(SECRET, reader), PARTITIONS) for reader in readers]
    with running_ingest(tmp_path) as ingest:
        many = ingest.post(json.dumps(votes).encode(), "application/cloudevents-batch+json").json
        singly = [ingest.post(json.dumps(vote).encode()).json for vote in votes[:5]]
    assert [result["partition"] for result in many["results"]] == homes
    assert [answer["results"][0]["partition"] for answer in singly] == homes[:5]
