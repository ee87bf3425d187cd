"""Laws of the questions, for filters and periods drawn at random: parts and wholes, and three ways of counting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from feedback_analytics.analytics import known
from feedback_analytics.analytics.lake import Lake
from feedback_analytics.store import open_reader
from tests.support.chronicle import APP, EDGES, NOW, VERSIONS, WEB, Chronicle, editions
from tests.support.reference import Reference, added
from tests.support.store import maintain

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
# Of one vote that no drawn period holds: it came last, so that all before it is an earlier state.


ZONE = "Asia/Kolkata"


class Newsroom:
    """A store, its reference, and the positions before its last vote. Most votes, but not all, are in sums by day."""

    def __init__(self, chronicle: Chronicle) -> None:
        chronicle.announce(editions())
        chronicle.send(chronicle.casts[:500], most=300)
        assert "folded" in maintain(chronicle.house.writer, chronicle.house.folder)
        chronicle.send(chronicle.casts[500:], most=300)
        with self._open(chronicle) as lake:
            self.positions = lake.ask("freshness")["positions"][0]
        last = replace(chronicle.casts[0], event_id="last", reader="last", occurred_at=LONG_AGO)
        chronicle.send([last])
        self.told: Reference = chronicle.reference
        self.lake = self._open(chronicle)

    @staticmethod
    def _open(chronicle: Chronicle) -> Lake:
        return Lake(open_reader(chronicle.house.settings), time_zone=ZONE, now=lambda: NOW)


@pytest.fixture(scope="module", params=[ZONE, "UTC"], ids=["days of the newsroom", "other days"])
def newsroom(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    if request.param != ZONE:
        # As if more votes waited to be folded than are read at once.
        patched = pytest.MonkeyPatch()
        patched.setattr(known, "MOST_KEPT_ENTRIES", 0)
        request.addfinalizer(patched.undo)
    flags = {"analytics.time_zone": request.param}
    chronicle = Chronicle(tmp_path_factory.mktemp("chronicle"), seed=3, votes=500, flags=flags)
    made = Newsroom(chronicle)
    with made.lake:
        yield made
    chronicle.house.close()


of_targets = st.fixed_dictionaries(
    {},
    optional={
        "topic": st.sampled_from(["Cities", "Climate", "'; drop table raw.votes; --"]),
        "author": st.sampled_from(["Desk A", "Desk B"]),
        "ai": st.booleans(),
        "language": st.sampled_from(["en", "de"]),
        "kind": st.sampled_from(["whats_next", "other"]),
        "article_id": st.sampled_from([*VERSIONS, "quiet"]),
    },
)
of_segments = st.fixed_dictionaries(
    {},
    optional={
        "source": st.sampled_from([WEB, APP]),
        "locale": st.sampled_from(["en-GB", "xx"]),
        "device": st.sampled_from(["mobile", "desktop"]),
        "referrer": st.just("search.example"),
    },
)
edges = st.one_of(
    st.sampled_from(EDGES),
    st.integers(0, 60 * 24 * 40).map(lambda minutes: NOW - timedelta(minutes=minutes)),
    st.integers(0, 24 * 250).map(lambda hours: NOW.replace(minute=0) - timedelta(hours=hours)),
)
periods = st.tuples(edges, edges).filter(lambda two: two[0] != two[1]).map(lambda two: (min(two), max(two)))

a_few = settings(
    max_examples=4, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def fewer(filters: dict[str, Any]) -> dict[str, Any]:
    """The same without the one named last."""
    return dict(list(filters.items())[:-1])


@a_few
@given(few=of_targets, who=of_segments, period=periods)
def test_all_ways_of_counting_give_the_counts_of_the_reference(
    newsroom: Newsroom, few: dict[str, Any], who: dict[str, Any], period: tuple[datetime, datetime]
) -> None:
    lake, told = newsroom.lake, newsroom.told
    asked = {**few, "since": period[0], "until": period[1]}
    for filters in (few, {**few, **who}):
        chosen = list(told.chosen(filters, *period))
        expected = [
            sum(vote.section_id is None for vote in chosen),
            sum(vote.section_id is not None for vote in chosen),
        ]
        live = lake.ask("overview", **{**asked, **filters})
        assert live["votes"].tolist() == expected
        assert live["useful"].sum() == sum(vote.vote == "useful" for vote in chosen)
        assert set(live["readers"]) == {len({vote.reader for vote in chosen})}
        then = lake.ask("overview", **{**asked, **filters}, as_of=newsroom.positions)
        assert_frame_equal(then, live, check_exact=True)


@a_few
@given(few=of_targets, who=of_segments, period=periods)
def test_parts_add_up_to_the_whole_and_filters_only_narrow(
    newsroom: Newsroom, few: dict[str, Any], who: dict[str, Any], period: tuple[datetime, datetime]
) -> None:
    lake = newsroom.lake
    # Who chooses by kind chooses sections.
    of = "sections" if "kind" in few else "articles"
    asked = {**few, **who, "since": period[0], "until": period[1]}
    whole = lake.ask("ranking", of=of, **asked)
    total = (whole["votes"].sum(), whole["useful"].sum())
    devices = lake.ask("segments", by="device", of=of, **asked)
    assert (devices["votes"].sum(), devices["useful"].sum()) == total
    steps = lake.ask("trend", step="day", of=of, **asked)
    assert (steps["votes"].sum(), steps["useful"].sum()) == total
    events = lake.ask("events_behind", of=of, most=10_000, **asked)
    assert (len(events), (events["vote"] == "useful").sum()) == total
    if of == "articles":
        topics = lake.ask("ranking", of="topics", **asked)
        untold = whole[whole["topic"].isna()]
        assert (topics["votes"].sum() + untold["votes"].sum(), topics["useful"].sum() + untold["useful"].sum()) == total
    kinds = lake.ask("kinds", **asked)
    on_sections = newsroom.told.targets({**few, **who}, *period)
    assert (kinds["votes"].sum(), kinds["useful"].sum()) == added(
        counts for target, counts in on_sections.items() if target[1] is not None
    )
    wider = lake.ask("ranking", of=of, **{**fewer({**few, **who}), "since": period[0], "until": period[1]})
    votes = dict(zip(zip(wider["article_id"], wider["section_id"], strict=True), wider["votes"], strict=True))
    assert all(row.votes <= votes[row.article_id, row.section_id] for row in whole.itertuples())


@a_few
@given(few=of_targets, who=of_segments, period=periods, least=st.integers(1, 25))
def test_a_minimum_of_votes_leaves_the_same_targets_in_every_question(
    newsroom: Newsroom, few: dict[str, Any], who: dict[str, Any], period: tuple[datetime, datetime], least: int
) -> None:
    lake = newsroom.lake
    asked = {**few, **who, "since": period[0], "until": period[1], "min_votes": least}
    targets = newsroom.told.targets({**few, **who}, *period)
    kept = {target: counts for target, counts in targets.items() if counts[0] >= least}
    on_sections = {target: counts for target, counts in kept.items() if target[1] is not None}
    on_articles = {target: counts for target, counts in kept.items() if target[1] is None}
    overview = lake.ask("overview", **asked)
    assert overview["votes"].tolist() == [added(of.values())[0] for of in (on_articles, on_sections)]
    assert overview["targets"].tolist() == [len(on_articles), len(on_sections)]
    readers = {vote.reader for vote in newsroom.told.chosen({**few, **who}, *period) if vote.target in kept}
    assert set(overview["readers"]) == {len(readers)}
    steps, ranked = lake.ask("trend", of="sections", **asked), lake.ask("ranking", of="sections", **asked)
    for table in (steps, ranked, lake.ask("kinds", **asked)):
        assert (table["votes"].sum(), table["useful"].sum()) == added(on_sections.values())
    events = lake.ask("events_behind", most=10_000, **asked)
    assert (len(events), (events["vote"] == "useful").sum()) == added(kept.values())
