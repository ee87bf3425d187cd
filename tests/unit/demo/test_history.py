"""The demo's past: a month of votes that the contract takes and from which the truth can be found again."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import sqrt

import pytest

from feedback_analytics.contract import VoteCast, decode_event
from feedback_analytics.demo import Target, history, true_shares

ANCHOR = datetime(2026, 11, 24, 10, tzinfo=UTC)
SEED = 7


@pytest.fixture(scope="module")
def raw() -> Sequence[bytes]:
    return list(history(SEED, 30, ANCHOR))


@pytest.fixture(scope="module")
def votes(raw: Sequence[bytes]) -> Sequence[VoteCast]:
    return [event for one in raw if isinstance(event := decode_event(one, over_http=True), VoteCast)]


def at(event: VoteCast) -> datetime:
    return datetime.fromisoformat(event.time)


def test_a_month_holds_sixty_to_ninety_thousand_votes(votes: Sequence[VoteCast]) -> None:
    assert 60_000 <= len(votes) <= 90_000


def test_the_same_seed_and_anchor_give_the_same_bytes(raw: Sequence[bytes]) -> None:
    assert list(history(SEED, 30, ANCHOR)) == raw


def test_another_seed_gives_other_votes(raw: Sequence[bytes]) -> None:
    assert set(history(SEED + 1, 2, ANCHOR)).isdisjoint(set(raw[100:]))


def test_votes_lie_within_the_days_asked_for_and_come_in_order_of_time() -> None:
    times = [
        at(event)
        for one in history(SEED, 3, ANCHOR)
        if isinstance(event := decode_event(one, over_http=True), VoteCast)
    ]
    assert all(ANCHOR - timedelta(days=3) <= time < ANCHOR for time in times)
    # A retry comes later than the event it repeats, with the event's own time.
    assert sum(later < earlier for earlier, later in zip(times, times[1:], strict=False)) < 0.02 * len(times)


def test_every_day_of_the_month_has_votes_and_nights_are_quiet(votes: Sequence[VoteCast]) -> None:
    days = Counter(at(event).date() for event in votes)
    assert len(days) >= 30
    hours = Counter(at(event).hour for event in votes)
    assert hours[3] < hours[20] / 4


def test_the_app_fell_silent_once(votes: Sequence[VoteCast]) -> None:
    silence = [ANCHOR - timedelta(days=9.4), ANCHOR - timedelta(days=9.0)]
    by_source = Counter(event.source for event in votes if silence[0] + timedelta(hours=1) < at(event) < silence[1])
    assert by_source["https://courier.example/app"] == 0
    assert by_source["https://courier.example/web"] > 100


def test_the_truth_can_be_found_again_in_the_last_answers(votes: Sequence[VoteCast]) -> None:
    last: dict[tuple[str, str, str | None], VoteCast] = {}
    for event in votes:
        key = (event.data.reader_id or "", event.data.article_id, event.data.section_id)
        if key not in last or at(event) >= at(last[key]):
            last[key] = event
    answers: dict[Target, list[bool]] = defaultdict(list)
    for event in last.values():
        if event.data.vote != "retracted":
            target = Target(event.data.article_id, event.data.article_version or 0, event.data.section_id)
            answers[target].append(event.data.vote == "useful")
    shares = true_shares(SEED)
    assert set(answers) <= set(shares)
    for target, given in answers.items():
        # Five standard errors: about 180 targets, so one false alarm in some 10,000 seeds.
        allowed = 5 * sqrt(shares[target] * (1 - shares[target]) / len(given))
        assert abs(sum(given) / len(given) - shares[target]) <= allowed, target


def test_a_weak_section_is_far_less_useful_until_it_is_rewritten() -> None:
    shares = true_shares(SEED)
    before, after = (shares[Target("harbour-tunnel", version, "whats_next")] for version in (1, 2))
    assert after - before > 0.15


def test_some_readers_change_their_mind_or_take_back_and_some_events_come_twice_alike(
    raw: Sequence[bytes], votes: Sequence[VoteCast]
) -> None:
    repeated = [count for count in Counter(raw).values() if count > 1]
    assert 100 < len(repeated) < 2_000
    assert len({event.id for event in votes}) == len(set(raw)) - sum(
        not isinstance(e, VoteCast) for e in map(decode, raw)
    )
    assert 400 < sum(event.data.vote == "retracted" for event in votes) < 3_000


def decode(one: bytes) -> object:
    return decode_event(one, over_http=True)
