"""Any history, in any order, repeated, split, with restarts and a lost index, leaves what the plain model says."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback_analytics.contract import VOTES_TOPIC
from feedback_analytics.log import open_log
from feedback_analytics.store import open_reader, prove_ledger
from tests.support.builders import a_vote, record_of
from tests.support.house import PARTITIONS, House
from tests.support.model import Model, ModelVote
from tests.support.scale import FULL

BEGIN = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)

model_votes = st.builds(
    lambda number, source, reader, article, section, vote, minute, version: ModelVote(
        f"e{number}",
        source,
        reader,
        article,
        section,
        vote,
        BEGIN + timedelta(minutes=minute),
        version,
    ),
    number=st.integers(0, 30),
    source=st.sampled_from(["https://news.example/web", "https://news.example/app"]),
    reader=st.sampled_from(["r1", "r2", "r3"]),
    article=st.sampled_from(["a1", "a2"]),
    section=st.sampled_from([None, "whats-next"]),
    vote=st.sampled_from(["useful", "not_useful", "retracted"]),
    minute=st.integers(0, 4),
    version=st.sampled_from([None, 1, 2]),
)
"""Few readers, targets and times, so that answers meet, tie and repeat."""

steps = st.lists(
    st.one_of(
        st.lists(model_votes, min_size=1, max_size=12),
        st.sampled_from(["restart", "lose the index", "again"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(
    max_examples=60 if FULL else 12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(steps=steps, most=st.integers(1, 7))
def test_any_history_leaves_what_the_plain_model_says(steps: list[list[ModelVote] | str], most: int) -> None:
    model = Model()
    sent: list[ModelVote] = []
    with tempfile.TemporaryDirectory() as folder, House(Path(folder)) as house:
        for step in steps:
            if step == "restart":
                house.reopen()
                continue
            if step == "lose the index":
                house.reopen(without_index=True)
                continue
            votes = list(reversed(sent[-5:])) if step == "again" else list(step)
            for vote in votes:
                model.receive(vote)
            house.append([record_of(a_model_vote(vote)) for vote in votes])
            sent += votes
            _process_some(house, most)
        house.process_all(most)
        _compare(house, model)


def a_model_vote(vote: ModelVote) -> dict[str, object]:
    return a_vote(
        event_id=vote.event_id,
        source=vote.source,
        reader=vote.reader,
        article=vote.article_id,
        section=vote.section_id,
        vote=vote.vote,
        at=vote.occurred_at,
        version=vote.version,
    )


def _process_some(house: House, most: int) -> None:
    """One batch of one partition: the rest waits for a later step."""
    for partition in range(PARTITIONS):
        batch = house.next_batch(VOTES_TOPIC, partition, most)
        if batch is not None:
            house.processor.process([batch])


def _compare(house: House, model: Model) -> None:
    house.close()
    with open_reader(house.settings) as reader:
        counts = reader.sql(
            "select article_id, section_id, sum(votes_delta) as votes, sum(useful_delta) as useful "
            "from raw.votes group by all having sum(votes_delta) <> 0"
        ).fetchall()
        assert {(a, s): (v, u) for a, s, v, u in counts} == model.counts()
        hourly = reader.sql(
            "select article_id, section_id, sum(votes_delta) as votes, sum(useful_delta) as useful "
            "from raw.usefulness_hourly group by all having sum(votes_delta) <> 0"
        ).fetchall()
        assert {(a, s): (v, u) for a, s, v, u in hourly} == model.counts()
        standing = {
            (vote.article_id, vote.section_id, vote.vote, vote.occurred_at, vote.version)
            for vote in model.standing().values()
            if vote.vote != "retracted"
        }
        current = reader.sql(
            "select article_id, section_id, vote, occurred_at, article_version from mart.current_votes"
        ).fetchall()
        assert len(current) == sum(1 for vote in model.standing().values() if vote.vote != "retracted")
        assert set(current) == standing
        assert reader.sql("select count(*) from mart.votes").fetchall() == [(model.stored,)]
        assert reader.sql("select count(*) from mart.votes where is_standing").fetchall() == [(len(model.standing()),)]
        with open_log(house.settings) as log:
            proof = prove_ledger(reader, log)
        assert proof.holds, proof.problems
        totals = reader.sql("select sum(received), sum(stored), sum(duplicate) from mart.ledger").fetchall()
        assert totals == ([(model.received, model.stored, model.received - model.stored)] if model.received else totals)
    house.open()
