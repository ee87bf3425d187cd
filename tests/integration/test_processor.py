"""Records become rows: votes, articles, dead letters, moved records and replays, through a real log and store."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedback_analytics.contract import ARTICLES_TOPIC, VOTES_TOPIC, partition_of, reader_key
from feedback_analytics.errors import Fenced
from feedback_analytics.processor import Batch, KeptLetter, replay
from feedback_analytics.store import JobKind, open_reader, run_job
from tests.support.builders import SECRET, a_vote, an_article, record_of
from tests.support.house import PARTITIONS, TOPICS, House, utc_now


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as opened:
        yield opened


def ask(house: House, query: str) -> list[tuple[object, ...]]:
    with open_reader(house.settings) as reader:
        return reader.sql(query).fetchall()


def totals(house: House) -> tuple[object, ...]:
    """received, stored, duplicate, dead and moved of the whole ledger."""
    return ask(house, "select sum(received), sum(stored), sum(duplicate), sum(dead), sum(moved) from mart.ledger")[0]


def home_of(reader: str) -> int:
    return partition_of(reader_key(SECRET, reader), PARTITIONS)


def test_a_vote_shows_in_the_public_view(house: House) -> None:
    house.append([record_of(a_vote("a1", reader=f"r{number}", useful=number < 7)) for number in range(10)])
    house.process_all()
    assert ask(house, "select article_id, votes, useful from mart.article_usefulness") == [("a1", 10, 7)]


def test_section_votes_do_not_count_for_the_article(house: House) -> None:
    house.append([record_of(a_vote("a1", section="whats-next")), record_of(a_vote("a1", useful=False))])
    house.process_all()
    assert ask(house, "select votes, useful from mart.article_usefulness") == [(1, 0)]
    assert ask(house, "select section_id, votes, useful from mart.section_usefulness") == [("whats-next", 1, 1)]


def test_the_same_batch_twice_changes_nothing(house: House) -> None:
    house.append([record_of(a_vote(reader=f"r{number}")) for number in range(5)])
    places = [(VOTES_TOPIC, partition) for partition in range(PARTITIONS)]
    batches = [batch for place in places if (batch := house.next_batch(*place, 100)) is not None]
    assert house.processor.process(batches) is not None
    assert house.processor.process(batches) is None
    assert totals(house) == (5, 5, 0, 0, 0)


def test_a_batch_that_does_not_join_the_position_is_refused(house: House) -> None:
    house.append([record_of(a_vote(reader="r1"))])
    batch = house.next_batch(VOTES_TOPIC, home_of("r1"), 10)
    assert batch is not None
    gap = Batch(batch.topic, batch.partition, 5, 6, batch.values, batch.received_at)
    with pytest.raises(Fenced):
        house.processor.process([gap])


def test_the_same_id_for_two_readers_is_two_votes_and_counted_as_reused(house: House) -> None:
    same_home = [reader for number in range(50) if home_of(reader := f"r{number}") == 0][:2]
    house.append([record_of(a_vote(reader=reader, event_id="again")) for reader in same_home])
    house.process_all()
    assert ask(house, "select votes from mart.article_usefulness") == [(2,)]
    assert ask(house, "select sum(id_reused) from raw.ledger") == [(1,)]


def test_an_announcement_gives_titles_and_headings(house: House) -> None:
    event = an_article("a1", title="The bridge reopens")
    house.append([(b"a1", json.dumps(event).encode())], ARTICLES_TOPIC)
    house.append([(b"a1", json.dumps(event).encode())], ARTICLES_TOPIC)
    house.append([record_of(a_vote("a1", section="whats-next")), record_of(a_vote("a1"))])
    house.process_all()
    assert ask(house, "select title from mart.article_usefulness") == [("The bridge reopens",)]
    assert ask(house, "select heading from mart.section_usefulness") == [("What's Next?",)]
    assert totals(house) == (4, 3, 1, 0, 0)
    assert ask(house, "select distinct kind from raw.article_sections order by 1") == [
        ("beyond_the_headlines",),
        ("whats_happening",),
        ("whats_next",),
        ("why_its_important",),
    ]


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"not json",
        b"[1,2]",
        b'{"a":[{}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"specversion":"1.0","id":"x","source":"s","type":"feedback.vote.cast.v9","time":"2026-01-01T00:00:00Z"}',
        json.dumps(a_vote(vote="splendid")).encode(),
        json.dumps(a_vote(article="a\x00b")).encode(),
        json.dumps(a_vote(article="a" * 201)).encode(),
        json.dumps(a_vote(at="yesterday")).encode(),
        json.dumps(a_vote(at="1999-12-31T23:59:59Z")).encode(),
        json.dumps(a_vote(at="2999-01-01T00:00:00Z")).encode(),
        json.dumps(a_vote(version=float("nan"))).encode(),
        json.dumps(a_vote(note="x" * 70_000)).encode(),
        json.dumps(an_article("a1")).encode(),
    ],
)
def test_what_cannot_become_a_vote_is_a_dead_letter_and_the_worker_goes_on(house: House, value: bytes) -> None:
    reader = next(name for number in range(50) if home_of(name := f"r{number}") == 0)
    house.append_to(0, value)
    house.append([record_of(a_vote(reader=reader))])
    house.process_all()
    assert totals(house) == (2, 1, 0, 1, 0)
    assert ask(house, "select count(*) from raw.dead_letters where reason is not null") == [(1,)]


def test_a_raw_reader_id_from_outside_is_hashed_and_sent_home(house: House) -> None:
    reader = next(name for number in range(50) if home_of(name := f"jane-{number}") == 1)
    house.append_to(0, json.dumps(a_vote(reader=reader)).encode())
    house.append_to(1, json.dumps(a_vote(reader=reader, useful=False, at=datetime(2026, 1, 1, tzinfo=UTC))).encode())
    house.process_all()
    assert ask(house, "select votes, useful from mart.article_usefulness") == [(1, 1)]
    assert totals(house) == (3, 2, 0, 0, 1)
    stored = b"".join(path.read_bytes() for path in house.folder.glob("lake/**/*") if path.is_file())
    assert reader.encode() not in stored


def test_a_dead_letter_replayed_after_its_mending_is_stored_once(house: House) -> None:
    # The letter was dead on this topic; the contract of today reads it.
    good = json.dumps(a_vote(reader="r1", event_id="mended")).encode()
    sent = replay(
        [KeptLetter("letter-1", good, False), KeptLetter("letter-2", b"still torn", False)],
        append=house.append_outgoing,
        secret=SECRET,
        partitions=house.log.partitions,
    )
    assert sent.sent == ["letter-1"]
    assert list(sent.still_dead) == ["letter-2"]
    house.process_all()
    assert ask(house, "select dead_letter_id, outcome from raw.dead_letter_replays") == [("letter-1", "stored")]
    replay([KeptLetter("letter-1", good, False)], append=house.append_outgoing, secret=SECRET, partitions=lambda _: 2)
    house.process_all()
    assert ask(house, "select outcome from raw.dead_letter_replays order by replayed_at") == [
        ("stored",),
        ("duplicate",),
    ]
    assert ask(house, "select votes from mart.article_usefulness") == [(1,)]


def test_a_position_outside_the_log_stops_its_partition_and_says_how_to_go_on(house: House) -> None:
    house.append([record_of(a_vote(reader=f"r{number}")) for number in range(20)])
    house.process_all()
    house.close()
    for path in (house.folder / "log").iterdir():
        path.unlink()
    house.open()
    stopped = house.processor.stopped[(VOTES_TOPIC, 0)]
    assert "feedback positions accept-loss" in stopped or "log" in stopped
    assert (VOTES_TOPIC, 0) not in house.processor.positions


def test_indexes_rebuilt_from_the_store_hold_what_the_live_ones_held(house: House) -> None:
    for useful in (True, False, True):
        house.append([record_of(a_vote(reader=f"r{number}", useful=useful)) for number in range(30)])
        house.process_all()
    house.reopen(without_index=True)
    house.append([record_of(a_vote(reader=f"r{number}", useful=False)) for number in range(30)])
    house.process_all()
    assert ask(house, "select votes, useful from mart.article_usefulness") == [(30, 0)]
    assert ask(house, "select count(*) from mart.votes where is_standing") == [(30,)]


def change_of_mind_and_repetition(house: House, first: list[tuple[bytes, bytes]]) -> None:
    """Votes that the store took before come again, and their readers think otherwise: each still has one answer."""
    house.append(first)
    house.append([record_of(a_vote(reader=f"r{number}", useful=False)) for number in range(30)])
    house.process_all()
    assert ask(house, "select votes, useful from mart.article_usefulness") == [(30, 0)]
    assert totals(house) == (90, 60, 30, 0, 0)


def test_a_rebuilt_index_knows_what_retention_has_cut_from_the_log(house: House) -> None:
    first = [record_of(a_vote(reader=f"r{number}")) for number in range(30)]
    house.append(first)
    house.process_all()
    stored = {partition: held.next for partition, held in house.log.ranges(VOTES_TOPIC).items()}
    assert house.log.retain(VOTES_TOPIC, stored, 2**62) == 30
    house.reopen(without_index=True)
    change_of_mind_and_repetition(house, first)


def test_votes_of_a_log_that_was_given_up_still_stand(house: House) -> None:
    first = [record_of(a_vote(reader=f"r{number}")) for number in range(30)]
    house.append(first)
    house.process_all()
    house.close()
    shutil.rmtree(house.folder / "log")
    house.open()
    lost = [
        {"log_id": house.log.log_id(topic), "topic": topic, "partition": partition, "offset": held.earliest}
        for topic in TOPICS
        for partition, held in house.log.ranges(topic).items()
    ]
    house.close()
    for place in lost:
        run_job(house.settings, JobKind.ACCEPT_LOSS, place, now=utc_now)
    house.open()
    change_of_mind_and_repetition(house, first)
