"""The demo's present: readers who vote, change their mind, retry, come late, and send nonsense."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice

from feedback_analytics.contract import MAX_CLOCK_AHEAD_US, VoteCast, decode_event
from feedback_analytics.demo import Kind, Sending, readers
from feedback_analytics.errors import ContractError

START = datetime(2026, 11, 24, 10, tzinfo=UTC)


def a_clock(step: timedelta = timedelta(milliseconds=50)) -> Callable[[], datetime]:
    now = START

    def tick() -> datetime:
        nonlocal now
        now += step
        return now

    return tick


def some(count: int, seed: int = 7) -> list[Sending]:
    return list(islice(readers(seed, a_clock()), count))


def test_the_same_seed_and_clock_give_the_same_readers() -> None:
    assert some(500) == some(500)
    assert some(500) != some(500, seed=8)


def test_a_second_run_sends_new_events_of_the_same_readers() -> None:
    def voters(sendings: list[Sending]) -> set[str]:
        events = [decode_event(one.event, over_http=True) for one in sendings if one.kind is Kind.vote]
        return {event.data.reader_id or "" for event in events if isinstance(event, VoteCast)}

    second = list(islice(readers(7, lambda: START + timedelta(days=1)), 3_000))
    first = some(3_000)
    assert not {one.event for one in first} & {one.event for one in second}
    assert len(voters(first) & voters(second)) > 100


def test_every_kind_of_reader_comes_and_most_simply_vote() -> None:
    kinds = Counter(one.kind for one in some(5_000))
    assert set(kinds) == set(Kind)
    assert kinds[Kind.vote] > 4_000
    assert 5 <= kinds[Kind.bad] <= 100


def test_all_but_nonsense_is_taken_by_the_contract() -> None:
    for one in some(5_000):
        if one.kind is not Kind.bad:
            decode_event(one.event, over_http=True)


def test_a_retry_repeats_the_bytes_of_an_event_sent_before() -> None:
    sent: set[bytes] = set()
    retries = 0
    for one in some(3_000):
        if one.kind is Kind.retry:
            assert one.event in sent
            retries += 1
        sent.add(one.event)
    assert retries > 10


def test_a_changed_answer_is_later_than_the_one_it_replaces() -> None:
    given: dict[tuple[str | None, str, str | None], VoteCast] = {}
    changes = 0
    for one in some(5_000):
        if one.kind in (Kind.bad, Kind.retry):
            continue
        event = decode_event(one.event, over_http=True)
        assert isinstance(event, VoteCast)
        key = (event.data.reader_id, event.data.article_id, event.data.section_id)
        if one.kind is Kind.change:
            assert given[key].time < event.time
            changes += 1
        given[key] = event
    assert changes > 50


def test_late_answers_carry_the_time_at_which_they_were_given() -> None:
    late = [decode_event(one.event, over_http=True) for one in some(5_000) if one.kind is Kind.late]
    ages = [START - datetime.fromisoformat(event.time) for event in late]
    assert max(ages) > timedelta(hours=24)


def test_nonsense_is_refused_for_many_reasons() -> None:
    reasons = set()
    for one in some(20_000):
        if one.kind is Kind.bad:
            try:
                event = decode_event(one.event, over_http=True)
            except ContractError as error:
                reasons.add(str(error.reason))
            else:
                ahead = datetime.fromisoformat(event.time) - START
                assert ahead > timedelta(microseconds=MAX_CLOCK_AHEAD_US)
                reasons.add("clock_ahead")
    assert len(reasons) >= 7
