"""Events over HTTP into the real log: what is accepted, in which forms, and when."""

from __future__ import annotations

import asyncio
import fcntl
import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from feedback_analytics.contract import (
    ARTICLES_TOPIC,
    VOTES_TOPIC,
    EventsAnswer,
    Reason,
    decode_articles,
    decode_votes,
    partition_of,
    reader_key,
)
from feedback_analytics.ingest import Outgoing
from feedback_analytics.ingest.admission import admit_all
from feedback_analytics.ingest.appending import GroupAppender
from feedback_analytics.telemetry import build_metrics
from tests.support.builders import SECRET, a_vote, an_article
from tests.support.ingest import PARTITIONS, HttpAnswer, RunningIngest, running_ingest

BATCH = "application/cloudevents-batch+json"
NDJSON = "application/x-ndjson"


@pytest.fixture
def ingest(tmp_path: Path) -> Iterator[RunningIngest]:
    with running_ingest(tmp_path) as running:
        yield running


def as_json(events: Any) -> bytes:
    return json.dumps(events).encode()


def lines(*events: object) -> bytes:
    return b"\n".join(as_json(event) for event in events)


@contextmanager
def another_process_writing(folder: Path) -> Iterator[None]:
    """Nothing becomes durable meanwhile: the log's writing lock is held."""
    with (folder / "log" / "log.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_a_vote_is_accepted_with_its_place_in_the_log(ingest: RunningIngest) -> None:
    answer = ingest.post(as_json(a_vote(reader="r1", event_id="e1")))
    assert answer.status == 202
    assert answer.json["accepted"] == 1 and answer.json["refused"] == 0
    (result,) = answer.json["results"]
    (record,) = ingest.log.read(VOTES_TOPIC, result["partition"], result["offset"], 1)
    (vote,) = decode_votes([record.value]).events
    assert (result["status"], result["index"], result["topic"]) == ("accepted", 0, VOTES_TOPIC)
    assert vote.id == "e1"


def test_a_vote_lies_in_its_readers_home_partition_under_the_readers_key(ingest: RunningIngest) -> None:
    answer = ingest.post(lines(*(a_vote(reader=f"r{number}") for number in range(20))), NDJSON)
    keys = [reader_key(SECRET, f"r{number}") for number in range(20)]
    homes = [partition_of(key, PARTITIONS) for key in keys]
    assert [result["partition"] for result in answer.json["results"]] == homes
    assert sorted(record.key for record in ingest.records()) == sorted(keys)


def test_no_readers_id_reaches_the_disk(ingest: RunningIngest, tmp_path: Path) -> None:
    marks = [f"anna-{number}@reader.example" for number in range(3)]
    events = [a_vote(reader=marks[0]), a_vote(reader=marks[1], vote="yes"), a_vote(reader=marks[2], unknown=marks[2])]
    ingest.post(as_json(events), BATCH)
    ingest.post(as_json(events[0])[:-9])
    on_disk = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert len(ingest.records()) == 2
    assert not [mark for mark in marks if mark.encode() in on_disk]


def test_an_announcement_goes_to_the_topic_of_articles(ingest: RunningIngest) -> None:
    answer = ingest.post(as_json([an_article("a1", title="The bridge"), a_vote()]), BATCH)
    assert [result["topic"] for result in answer.json["results"]] == [ARTICLES_TOPIC, VOTES_TOPIC]
    (record,) = ingest.records(ARTICLES_TOPIC)
    assert record.key == b"a1"
    assert decode_articles([record.value]).events[0].data.title == "The bridge"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/cloudevents+json; charset=UTF-8", as_json(a_vote())),
        ("Application/CloudEvents+JSON", as_json(a_vote())),
        ("application/json", b" " + as_json(a_vote()) + b"\n"),
        ("text/plain;charset=UTF-8", as_json(a_vote())),
        (None, as_json(a_vote())),
    ],
    ids=["structured", "any case", "json", "beacon", "no type"],
)
def test_one_event_is_taken_as(ingest: RunningIngest, content_type: str | None, body: bytes) -> None:
    assert ingest.post(body, content_type).status == 202
    assert len(ingest.records()) == 1


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (BATCH, as_json([a_vote(), a_vote()])),
        ("application/json", b"\n [" + as_json(a_vote()) + b" , " + as_json(a_vote()) + b"]"),
        ("text/plain", as_json([a_vote(), a_vote()])),
        (NDJSON, lines(a_vote(), a_vote())),
        (NDJSON, b"\r\n" + as_json(a_vote()) + b"\r\n\n  \n" + as_json(a_vote()) + b"\r\n"),
    ],
    ids=["batch", "json", "beacon", "lines", "lines with blank ones"],
)
def test_several_events_are_taken_as(ingest: RunningIngest, content_type: str, body: bytes) -> None:
    assert ingest.post(body, content_type).json["accepted"] == 2
    assert len(ingest.records()) == 2


@pytest.mark.parametrize("members", [1, 3])
def test_a_gzipped_body_is_taken_whole(ingest: RunningIngest, members: int) -> None:
    packed = b"".join(gzip.compress(as_json(a_vote()) + b"\n") for _ in range(members))
    assert ingest.post(packed, NDJSON, content_encoding="gzip").json["accepted"] == members


def test_a_body_that_comes_in_pieces_is_taken_whole(ingest: RunningIngest) -> None:
    body = lines(*(a_vote() for _ in range(500)))
    pieces = [body[start : start + 1000] for start in range(0, len(body), 1000)]
    assert ingest.post(iter(pieces), NDJSON).json["accepted"] == 500
    packed = gzip.compress(body)
    assert ingest.post(iter([packed[:10], packed[10:]]), NDJSON, content_encoding="gzip").json["accepted"] == 500


def test_the_good_events_of_a_batch_are_taken_and_each_bad_one_is_told_why(ingest: RunningIngest) -> None:
    events = [a_vote(event_id="e0"), a_vote(vote="yes"), a_vote(event_id="e2"), {"type": "x"}, 17]
    answer = ingest.post(as_json(events), BATCH)
    assert (answer.status, answer.json["accepted"], answer.json["refused"]) == (202, 2, 3)
    seen = [
        (result["index"], result["status"], result.get("reason"), result.get("field"))
        for result in answer.json["results"]
    ]
    assert seen == [
        (0, "accepted", None, None),
        (1, "refused", "unknown_value", "data.vote"),
        (2, "accepted", None, None),
        (3, "refused", "unknown_type", "type"),
        (4, "refused", "wrong_type", ""),
    ]
    assert {event.id for event in decode_votes([record.value for record in ingest.records()]).events} == {"e0", "e2"}


def test_a_retry_is_accepted_and_written_byte_for_byte_the_same(ingest: RunningIngest) -> None:
    body = as_json(a_vote(event_id="e1", locale="en-GB"))
    assert [ingest.post(body).status for _ in range(2)] == [202, 202]
    first, second = ingest.records()
    assert first.value == second.value


def test_fields_that_the_contract_does_not_know_are_counted(ingest: RunningIngest) -> None:
    ingest.post(as_json(a_vote(comment="Very clear", stars=5) | {"traceparent": "00-1"}))
    assert ingest.metric("feedback_unknown_fields_total", room="ingest") == 3


def test_the_answer_carries_the_services_clock(ingest: RunningIngest) -> None:
    ingest.clock = lambda: datetime(2026, 11, 24, 8, 30, 0, 120_000, tzinfo=UTC)
    assert ingest.post(as_json(a_vote(at="2026-11-24T08:30:00Z"))).json["server_time"] == "2026-11-24T08:30:00.120Z"


def test_an_event_is_accepted_only_after_the_log_holds_it(ingest: RunningIngest, tmp_path: Path) -> None:
    answers: list[HttpAnswer] = []
    sending = threading.Thread(target=lambda: answers.append(ingest.post(as_json(a_vote()))))
    with another_process_writing(tmp_path):
        sending.start()
        sending.join(0.3)
        assert sending.is_alive() and not answers
        assert ingest.records() == []
    sending.join()
    assert answers[0].status == 202 and len(ingest.records()) == 1


def test_while_too_much_waits_for_the_disk_events_are_refused_with_a_time_to_come_back(tmp_path: Path) -> None:
    with running_ingest(tmp_path, {"log.max_waiting_bytes": 2000}) as ingest:
        body = lines(*(a_vote() for _ in range(10)))
        answers: list[HttpAnswer] = []
        senders = []
        with another_process_writing(tmp_path):
            # One post is being written and one waits; the third finds no room.
            while not answers:
                senders.append(threading.Thread(target=lambda: answers.append(ingest.post(body, NDJSON))))
                senders[-1].start()
                senders[-1].join(0.1)
            refused = answers[0]
        for sender in senders:
            sender.join()
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        assert refused.json["errors"][0]["reason"] == "busy"
        assert [answer.status for answer in answers[1:]] == [202] * (len(senders) - 1)
        assert len(ingest.records()) == 10 * (len(senders) - 1)


def test_a_log_that_cannot_write_is_no_yes_and_no_crash(ingest: RunningIngest, tmp_path: Path) -> None:
    file = tmp_path / "log" / "log.sqlite"
    file.rename(file.with_suffix(".away"))
    refused = ingest.post(as_json(a_vote()))
    assert refused.status == 503 and int(refused.headers["retry-after"]) > 0
    assert str(tmp_path) not in refused.body.decode()
    file.with_suffix(".away").rename(file)
    assert ingest.post(as_json(a_vote())).status == 202
    assert ingest.metric("feedback_events_refused_total", reason="busy") == 1


def an_appender(ingest: RunningIngest, registry: CollectorRegistry) -> GroupAppender:
    return GroupAppender(
        ingest.log,
        build_metrics(registry),
        lambda raws: admit_all(raws, 4_000_000_000_000_000, 65536),
        Outgoing(ingest.log, SECRET).records_of,
        lambda: "now",
    )


def appends(registry: CollectorRegistry) -> float | None:
    return registry.get_sample_value("feedback_ingest_append_records_count")


async def test_what_comes_in_one_turn_of_the_loop_is_one_append(tmp_path: Path) -> None:
    with running_ingest(tmp_path) as ingest:
        registry = CollectorRegistry()
        appender = an_appender(ingest, registry)
        taken = await asyncio.gather(*(appender.append([as_json(a_vote())]) for _ in range(50)))
        assert [place.offset for places, _, _ in taken for place in places] == list(range(50))
        assert appends(registry) == 1
        assert registry.get_sample_value("feedback_ingest_waiting_bytes") == 0


async def test_lone_events_that_come_during_an_append_share_the_next_one(tmp_path: Path) -> None:
    with running_ingest(tmp_path) as ingest:
        registry = CollectorRegistry()
        appender = an_appender(ingest, registry)
        with another_process_writing(tmp_path):
            promises = [appender.append([as_json(a_vote())])]
            for _ in range(20):
                await asyncio.sleep(0)  # a turn of the loop
                promises.append(appender.append([as_json(a_vote())]))
        taken = await asyncio.gather(*promises)
        assert [place.offset for places, _, _ in taken for place in places] == list(range(21))
        assert appends(registry) == 2


async def test_senders_who_were_just_answered_share_the_next_append_too(tmp_path: Path) -> None:
    with running_ingest(tmp_path) as ingest:
        registry = CollectorRegistry()
        appender = an_appender(ingest, registry)

        async def send_twice(turns: int) -> None:
            await appender.append([as_json(a_vote())])
            for _ in range(turns):
                await asyncio.sleep(0)
            await appender.append([as_json(a_vote())])

        await asyncio.gather(*(send_twice(turns) for turns in range(10)))
        assert appends(registry) == 2


async def test_refused_events_of_a_group_are_told_to_those_who_sent_them(tmp_path: Path) -> None:
    with running_ingest(tmp_path) as ingest:
        registry = CollectorRegistry()
        appender = an_appender(ingest, registry)
        good, bad = as_json(a_vote()), as_json(a_vote(vote="yes"))
        requests = [[good], [bad], [good, bad, good], [bad, bad], *[[good]] * 5]
        taken = await asyncio.gather(*(appender.append(raws) for raws in requests))
        assert [len(places) for places, _, _ in taken] == [1, 0, 2, 0, 1, 1, 1, 1, 1]
        assert [sorted(refusals) for _, refusals, _ in taken] == [[], [0], [1], [0, 1], *[[]] * 5]
        assert {one.reason for _, refusals, _ in taken for one in refusals.values()} == {Reason.unknown_value}


def test_the_answer_to_a_lone_event_is_written_like_every_other(ingest: RunningIngest) -> None:
    answer = ingest.post(as_json(a_vote()))
    assert msgspec.json.encode(msgspec.json.decode(answer.body, type=EventsAnswer)) == answer.body


def test_every_event_is_counted_as_accepted_or_refused(ingest: RunningIngest) -> None:
    ingest.post(as_json([a_vote(), a_vote(), a_vote(vote="yes")]), BATCH)
    ingest.post(b"{")
    assert ingest.metric("feedback_events_accepted_total") == 2
    assert ingest.metric("feedback_events_refused_total", reason="unknown_value") == 1
    assert ingest.metric("feedback_events_refused_total", reason="not_json") == 1
    assert ingest.metric("feedback_ingest_requests_total", status="202") == 1
    assert ingest.metric("feedback_ingest_requests_total", status="400") == 1
