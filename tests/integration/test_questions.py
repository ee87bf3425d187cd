"""Every question of the catalog against a plain reference, on a chronicle that came in through the real door."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from feedback_analytics.analytics.differences import (
    difference_evidence,
    difference_interval,
    drop_evidence,
    paired_difference_interval,
)
from feedback_analytics.analytics.discoveries import e_discoveries, e_false_share
from feedback_analytics.analytics.intervals import running_interval, wilson_interval
from feedback_analytics.analytics.lake import Lake
from feedback_analytics.analytics.matching import matched_difference
from feedback_analytics.analytics.section_effects import kind_effects, section_map
from feedback_analytics.analytics.shrinkage import chance_above, group_priors, shrunk_interval, shrunk_share
from feedback_analytics.analytics.verdicts import typical_share, verdicts, votes_needed
from feedback_analytics.contract import VOTES_TOPIC
from feedback_analytics.errors import QueryError
from feedback_analytics.store import open_reader
from tests.support.chronicle import NOW, WEB, Chronicle
from tests.support.reference import Counts, Reference, added, sums

ZONE = ZoneInfo("Europe/Berlin")
SINCE, UNTIL = datetime(2026, 10, 6, tzinfo=ZONE), datetime(2026, 11, 3, tzinfo=ZONE)
# The last 28 days at NOW; one of them has 25 hours.
PERIOD = (SINCE, UNTIL)


@pytest.fixture(scope="module")
def chronicle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chronicle]:
    told = Chronicle(tmp_path_factory.mktemp("chronicle"))
    told.tell_all()
    yield told
    told.house.close()


@pytest.fixture(scope="module")
def told(chronicle: Chronicle) -> Reference:
    return chronicle.reference


@pytest.fixture(scope="module")
def lake(chronicle: Chronicle) -> Iterator[Lake]:
    reader = open_reader(chronicle.house.settings)
    with Lake(reader, time_zone="Europe/Berlin", now=lambda: NOW) as opened:
        yield opened


def rows(table: pd.DataFrame, *names: str) -> list[tuple[Any, ...]]:
    """The columns' values, in the order of the answer; missing ones None."""
    some = table[list(names)].astype(object)
    return [tuple(row) for row in some.where(some.notna(), None).itertuples(index=False)]


def of_articles(targets: dict[Any, Counts]) -> dict[Any, Counts]:
    return {target: counts for target, counts in targets.items() if target[1] is None}


def of_sections(targets: dict[Any, Counts]) -> dict[Any, Counts]:
    return {target: counts for target, counts in targets.items() if target[1] is not None}


def shares_of(counts: list[Counts]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """useful and votes as columns."""
    return np.array([x for _, x in counts]), np.array([n for n, _ in counts])


def test_overview_sums_articles_and_sections_and_the_weeks_before(lake: Lake, told: Reference) -> None:
    answer = lake.ask("overview")
    assert (answer.attrs["since"], answer.attrs["until"]) == PERIOD
    wanted: dict[str, Any] = {}
    before = (datetime(2026, 9, 8, tzinfo=ZONE), SINCE)
    now_targets, before_targets = told.targets(wanted, *PERIOD), told.targets(wanted, *before)
    readers = len({vote.reader for vote in told.chosen(wanted, *PERIOD)})
    for place, (name, of) in enumerate((("article", of_articles), ("section", of_sections))):
        row = answer.iloc[place]
        n, x = added(of(now_targets).values())
        m, y = added(of(before_targets).values())
        counted = ["target", "targets", "votes", "useful", "readers", "votes_before", "useful_before"]
        assert row[counted].tolist() == [name, len(of(now_targets)), n, x, readers, m, y]
        assert (row["before_since"], row["before_until"]) == before
        low, high = difference_interval(x, n, y, m, 0.95)
        change = [x / n - y / m, low, high] if min(n, m) >= 10 else [np.nan] * 3
        assert_allclose([row["difference"], row["difference_low"], row["difference_high"]], change)
        assert_allclose([row["useful_share_low"], row["useful_share_high"]], wilson_interval(x, n, 0.95))


def test_overview_compares_with_nothing_where_nobody_voted_before(lake: Lake) -> None:
    answer = lake.ask("overview", since="2026-03-01", until="2026-05-01", with_readers="no")
    assert answer["votes"].min() > 10
    assert answer["votes_before"].tolist() == [0, 0]
    assert answer[["difference", "difference_low", "difference_high"]].isna().all(axis=None)
    assert answer["readers"].isna().all()


def test_ranking_orders_targets_by_their_shrunk_share_and_judges_them(lake: Lake, told: Reference) -> None:
    answer = lake.ask("ranking", of="sections")
    found = of_sections(told.targets({}, *PERIOD))
    assert Counter(rows(answer, "article_id", "section_id", "votes", "useful")) == Counter(
        (*target, *counts) for target, counts in found.items()
    )
    targets = [(row.article_id, row.section_id) for row in answer.itertuples()]
    useful, votes = shares_of([found[target] for target in targets])
    kinds = np.array([told.section(*target)[1] for target in targets])
    assert answer["kind"].tolist() == kinds.tolist()
    assert answer["heading"].tolist() == [told.section(*target)[0] for target in targets]
    typical = np.array([typical_share(useful[kinds == kind], votes[kinds == kind]) for kind in kinds])
    # A prior is fitted to all rows together, in whatever order they come.
    prior = group_priors(useful, votes, kinds)
    low, high = shrunk_interval(useful, votes, prior, 0.95)
    assert_allclose(answer["reference_share"], typical)
    assert_allclose(answer["shrunk_share"], shrunk_share(useful, votes, prior), rtol=1e-6)
    assert_allclose(answer["shrunk_low"], low, rtol=1e-6)
    assert_allclose(answer["shrunk_high"], high, rtol=1e-6)
    assert_allclose(answer["chance_above_typical"], chance_above(useful, votes, prior, typical), rtol=1e-5)
    assert answer["verdict"].tolist() == [str(verdict) for verdict in verdicts(useful, votes, typical)]
    needed = votes_needed(useful, votes, typical)
    assert rows(answer, "votes_needed") == [(None if np.isinf(more) else more,) for more in needed]
    running = running_interval(useful, votes, 0.95)
    assert_allclose(answer["running_low"], np.where(votes < 10, np.nan, running.low))
    assert answer["shrunk_share"].is_monotonic_decreasing


def test_ranking_names_the_newest_standing_announcement(lake: Lake, told: Reference) -> None:
    answer = lake.ask("ranking", days="all")
    found = of_articles(told.targets({}))
    assert sorted(rows(answer, "article_id", "votes", "useful")) == sorted(
        (article, *counts) for (article, _), counts in found.items()
    )
    for row in answer.itertuples():
        edition = told.newest_edition(row.article_id)
        shown = (row.title, row.topic, row.author)
        assert shown == ((edition.title, edition.topic, edition.author) if edition else (row.article_id, None, None))
        assert pd.isna(row.ai_generated) if edition is None else row.ai_generated == edition.is_ai
    assert "a-sea, version 1 corrected" in set(answer["title"])


@pytest.mark.parametrize("of", ["kinds", "topics", "authors"])
def test_ranking_of_groups_sums_up_the_targets_that_name_one(lake: Lake, told: Reference, of: str) -> None:
    answer = lake.ask("ranking", of=of, order="votes")
    found: dict[str, list[Counts]] = {}
    for (article, section), counts in told.targets({}, *PERIOD).items():
        edition = told.newest_edition(article)
        if of == "kinds":
            group = told.section(article, section)[1] if section is not None else None
        else:
            group = getattr(edition, of[:-1], None) if section is None else None
        if group is not None:
            found.setdefault(group, []).append(counts)
    expected = {group: (len(some), *added(some)) for group, some in found.items()}
    assert {row[0]: row[1:] for row in rows(answer, "group", "targets", "votes", "useful")} == expected
    assert answer["votes"].is_monotonic_decreasing
    useful, votes = shares_of([added(found[group]) for group in sorted(found)])
    assert_allclose(answer["reference_share"], typical_share(useful, votes))


def test_the_worst_come_first_and_few_votes_stay_out_when_asked_so(lake: Lake, told: Reference) -> None:
    best, worst = lake.ask("ranking"), lake.ask("ranking", order="worst", min_votes=60)
    many = [target[0] for target, (n, _) in of_articles(told.targets({}, *PERIOD)).items() if n >= 60]
    assert set(worst["article_id"]) == set(many) < set(best["article_id"])
    assert worst["article_id"].tolist() == [one for one in reversed(best["article_id"].tolist()) if one in many]
    kept = best.set_index("article_id").loc[worst["article_id"]]
    assert kept["shrunk_share"].tolist() == worst["shrunk_share"].tolist()


def day_of(at: datetime) -> datetime:
    return at.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)


def hour_of(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def week_of(at: datetime) -> datetime:
    day = day_of(at)
    return (day.replace(tzinfo=None) - timedelta(days=day.weekday())).replace(tzinfo=ZONE)


def month_of(at: datetime) -> datetime:
    return day_of(at).replace(day=1)


@pytest.mark.parametrize(("step", "begin_of"), [("day", day_of), ("week", week_of), ("month", month_of)])
def test_trend_counts_each_step_of_the_newsrooms_calendar(
    lake: Lake, told: Reference, step: str, begin_of: Callable[[datetime], datetime]
) -> None:
    answer = lake.ask("trend", step=step, topic="Cities")
    chosen = [vote for vote in told.chosen({"topic": "Cities"}, *PERIOD) if vote.section_id is None]
    found = sums(chosen, lambda vote: begin_of(vote.occurred_at).astimezone(UTC))
    assert {row[0]: row[1:] for row in rows(answer, "step_at", "votes", "useful") if row[1]} == found
    assert answer["step_at"].tolist() == sorted(answer["step_at"])
    assert answer["ends_at"].tolist()[:-1] == answer["step_at"].tolist()[1:]
    assert answer["step_at"][0] == begin_of(SINCE)
    editions = [
        one.told_at
        for article in ("a-city", "a-rail", "quiet", "a-port")
        for one in told.standing_editions(article)[1:]
        if SINCE <= one.told_at < UNTIL
    ]
    published = Counter(begin_of(at).astimezone(UTC) for at in editions)
    assert {row[0]: row[1] for row in rows(answer, "step_at", "versions_published") if row[1]} == published


@pytest.mark.parametrize(
    ("since", "until", "step"), [("2026-10-26", "2026-11-02", "day"), ("2026-10-05", None, "week")]
)
def test_trend_stands_beside_the_same_steps_whole_weeks_before(lake: Lake, since: str, until: str, step: str) -> None:
    answer = lake.ask("trend", since=since, until=until, step=step, of="sections", with_before=True)
    weeks = {at - before for at, before in rows(answer, "step_at", "before_at")}
    assert len(weeks) <= 2, "the clocks went back on 25 October, and a day stands beside its weekday all the same"
    total = lake.ask("overview", since=since, until=until).set_index("target").loc["section"]
    assert answer["votes_before"].sum() == total.votes_before > 0
    assert answer["useful_before"].sum() == total.useful_before
    then = lake.ask("trend", since=total.before_since, until=total.before_until, step=step, of="sections")
    assert answer["votes_before"].tolist() == then["votes"].tolist()
    assert answer["before_ends_at"].tolist() == then["ends_at"].tolist()
    assert answer["useful_share_before"].equals(then["useful_share"].rename("useful_share_before"))


def test_trend_without_the_period_before_leaves_its_columns_empty(lake: Lake) -> None:
    alone = lake.ask("trend", step="day")
    by_month = lake.ask("trend", step="month", with_before=True)
    for answer in (alone, by_month):
        assert answer[["before_at", "before_ends_at", "votes_before", "useful_share_before"]].isna().all(axis=None)


def test_trend_says_which_steps_are_whole(lake: Lake) -> None:
    answer = lake.ask("trend", step="week")
    # 6 October 2026 is a Tuesday, and the last week is going on.
    assert answer["is_whole"].tolist() == [False, True, True, True, False]
    hours = lake.ask("trend", since="2026-11-02")
    assert hours["is_whole"].tolist() == [at <= pd.Timestamp(NOW) for at in hours["ends_at"]]


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25), ("2026-03-29", 23)])
def test_a_day_of_23_or_25_hours_is_one_day(lake: Lake, told: Reference, day: str, hours: int) -> None:
    begin = datetime.fromisoformat(day).replace(tzinfo=ZONE)
    end = datetime.fromisoformat(day[:-2] + str(int(day[-2:]) + 1)).replace(tzinfo=ZONE)
    in_hours = lake.ask("trend", since=day, until=end, step="hour", of="sections")
    votes = [vote for vote in told.chosen({}, begin, end) if vote.section_id is not None]
    assert len(in_hours) == hours
    found = sums(votes, lambda vote: hour_of(vote.occurred_at))
    assert {row[0]: row[1:] for row in rows(in_hours, "step_at", "votes", "useful") if row[1]} == found
    in_days = lake.ask("trend", since=day, until=end, step="day", of="sections")
    assert rows(in_days, "votes", "useful") == [added(found.values())]


def test_days_that_begin_at_half_an_hour_are_cut_there(chronicle: Chronicle, told: Reference) -> None:
    zone = ZoneInfo("Asia/Kolkata")
    begin, end = datetime(2026, 10, 25, tzinfo=zone), datetime(2026, 10, 28, tzinfo=zone)
    chosen = [vote for vote in told.chosen({}, begin, end) if vote.section_id is None]
    with Lake(open_reader(chronicle.house.settings), time_zone="Asia/Kolkata", now=lambda: NOW) as lake:
        for step in ("hour", "day"):
            answer = lake.ask("trend", since="2026-10-25", until="2026-10-28", step=step)
            local = [vote.occurred_at.astimezone(zone) for vote in chosen]
            edges = [at.replace(minute=0, second=0, microsecond=0) for at in local]
            edges = edges if step == "hour" else [at.replace(hour=0) for at in edges]
            assert {row[0]: row[1] for row in rows(answer, "step_at", "votes") if row[1]} == Counter(edges)
            assert answer["step_at"][0] == begin
            assert answer["ends_at"].iloc[-1] == end
        # Whole hours of UTC as edges, and steps that begin at half of one.
        answer = lake.ask("trend", since="2026-10-24T18:00:00Z", until="2026-10-27T19:00:00Z", step="day")
        around = (datetime(2026, 10, 24, 18, tzinfo=UTC), datetime(2026, 10, 27, 19, tzinfo=UTC))
        days = Counter(
            vote.occurred_at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
            for vote in told.chosen({}, *around)
            if vote.section_id is None
        )
        assert {row[0]: row[1] for row in rows(answer, "step_at", "votes") if row[1]} == days


def test_a_vote_at_the_very_edge_belongs_to_what_begins_there(lake: Lake, told: Reference) -> None:
    edge = datetime(2026, 10, 28, tzinfo=UTC)
    at_edge = [vote for vote in told.chosen({}) if vote.occurred_at == edge]
    assert at_edge
    second = timedelta(seconds=1)
    for since, until in ((edge, edge + second), (edge - second, edge)):
        answer = lake.ask("events_behind", since=since, until=until)
        counted = [vote.event_id for vote in told.chosen({}, since, until)]
        assert sorted(answer["event_id"]) == sorted(counted)
        assert lake.ask("overview", since=since, until=until, with_readers=False)["votes"].sum() == len(counted)


@pytest.mark.parametrize("of", ["articles", "sections"])
def test_distribution_puts_each_target_into_its_band(lake: Lake, told: Reference, of: str) -> None:
    answer = lake.ask("distribution", of=of, days="all")
    found = (of_sections if of == "sections" else of_articles)(told.targets({}))
    told_counts = {target: (n, x) for target, (n, x) in found.items() if n >= 10}
    bands = Counter(min(x * 20 // n, 19) for n, x in told_counts.values())
    assert answer["targets"].tolist() == [bands[band] for band in range(20)]
    assert answer["shrunk_targets"].sum() == len(told_counts)
    assert_allclose(answer["share_low"], np.arange(20) / 20)
    assert_allclose(answer["share_high"], np.arange(1, 21) / 20)


def test_polarising_begins_with_those_who_surely_divide_their_readers(lake: Lake, told: Reference) -> None:
    answer = lake.ask("polarising")
    found = of_articles(told.targets({}, *PERIOD))
    useful, votes = shares_of([found[(article, None)] for article in answer["article_id"]])
    running = running_interval(useful, votes, 0.95)
    assert set(answer["article_id"]) == {article for (article, _), (n, _) in found.items() if n >= 10}
    assert_allclose(answer["smaller_side"], np.minimum(useful, votes - useful) / votes)
    assert_allclose(answer["smaller_side_low"], np.minimum(running.low, 1 - running.high))
    assert answer["smaller_side_low"].is_monotonic_decreasing
    assert rows(answer, "votes", "useful") == [found[(article, None)] for article in answer["article_id"]]


def test_section_map_tells_the_chosen_sections_against_all_others(lake: Lake, told: Reference) -> None:
    answer = lake.ask("section_map", kind="whats_next")
    found = of_sections(told.targets({}, *PERIOD))
    targets = sorted(found)
    useful, votes = shares_of([found[target] for target in targets])
    topics = [getattr(told.newest_edition(article), "topic", None) or "" for article, _ in targets]
    kinds = [told.section(*target)[1] for target in targets]
    expected = section_map(useful, votes, [article for article, _ in targets], kinds, topics, 0.95)
    chosen = {target: place for place, target in enumerate(targets) if kinds[place] == "whats_next"}
    shown = [(row.article_id, row.section_id) for row in answer.itertuples()]
    assert set(shown) == set(chosen)
    places = [chosen[target] for target in shown]
    assert rows(answer, "votes", "useful") == [found[target] for target in shown]
    assert_allclose(answer["expected_share"], expected.expected[places], rtol=1e-6)
    few = votes[places] < 10
    assert_allclose(answer["difference"], np.where(few, np.nan, expected.difference[places]), rtol=1e-6)
    assert_allclose(answer["running_high"], np.where(few, np.nan, expected.running_high[places]), rtol=1e-6)
    assert [row[0] for row in rows(answer, "position")] == [told.section(*target)[2] for target in shown]
    # 28 days of the newsroom's calendar, of which one has 25 hours.
    assert_allclose(answer["votes_a_week"], votes[places] / ((28 * 24 + 1) / (7 * 24)))
    assert answer["rewrite_gain"].is_monotonic_decreasing


def test_kinds_are_told_in_the_order_of_the_house_format(lake: Lake, told: Reference) -> None:
    answer = lake.ask("kinds")
    found = of_sections(told.targets({}, *PERIOD))
    targets = sorted(found)
    kinds = [told.section(*target)[1] for target in targets]
    assert answer["kind"].tolist() == [
        "whats_happening",
        "why_its_important",
        "whats_next",
        "beyond_the_headlines",
        "other",
    ]
    by_kind = {kind: [found[t] for t, own in zip(targets, kinds, strict=True) if own == kind] for kind in set(kinds)}
    assert {row[0]: row[1:] for row in rows(answer, "kind", "sections", "votes", "useful")} == {
        kind: (len(some), *added(some)) for kind, some in by_kind.items()
    }
    useful, votes = shares_of([found[target] for target in targets])
    effects = kind_effects(useful, votes, [article for article, _ in targets], kinds, 0.95)
    expected = dict(zip([str(kind) for kind in effects.kinds], effects.effect, strict=True))
    assert_allclose(answer["net_difference"], [expected[kind] for kind in answer["kind"]], rtol=1e-6)


@pytest.mark.parametrize("article", ["a-city", "a-rail", "ghost"])
def test_edit_effect_compares_each_version_with_the_one_answered_for_before(
    lake: Lake, told: Reference, article: str
) -> None:
    answer = lake.ask("edit_effect", article_id=article, days="all")
    counts, pairs = told.versions(article), told.pairs(article)
    expected = {}
    for section, version in counts:
        earlier = [v for s, v in counts if s == section and v < version]
        if earlier:
            before = max(earlier)
            together = pairs.get((section, version, before), [0, 0, 0, 0])
            expected[(section, version)] = (
                before,
                *counts[(section, version)],
                *counts[(section, before)],
                *together,
            )
    names = ("version_before", "votes", "useful", "votes_before", "useful_before")
    four = ("both_useful", "only_before", "only_after", "neither_useful")
    shown = rows(answer, "section_id", "article_version", *names, *four)
    assert {row[:2]: row[2:] for row in shown} == expected
    published = {edition.version: edition.told_at for edition in told.standing_editions(article)}
    assert [row[0] for row in rows(answer, "published_at")] == [published[v] for v in answer["article_version"]]
    for row in answer.itertuples():
        is_told = row.paired_readers >= 10
        interval = paired_difference_interval(
            row.both_useful, row.only_after, row.only_before, row.neither_useful, 0.95
        )
        assert pd.isna(row.paired_difference) != is_told
        if is_told:
            assert_allclose([row.paired_low, row.paired_high], interval)


def test_edit_effect_asks_for_an_article(lake: Lake) -> None:
    with pytest.raises(QueryError, match="set article_id"):
        lake.ask("edit_effect")


@pytest.mark.parametrize("of", ["articles", "sections"])
def test_ai_and_human_are_compared_raw_and_with_their_like(lake: Lake, told: Reference, of: str) -> None:
    answer = lake.ask("ai_and_human", of=of, days="all").set_index("comparison")
    found = (of_sections if of == "sections" else of_articles)(told.targets({}))
    targets = sorted(target for target in found if told.newest_edition(target[0]) is not None)
    editions = [told.newest_edition(article) for article, _ in targets]
    is_ai = np.array([edition is not None and edition.is_ai for edition in editions])
    useful, votes = shares_of([found[target] for target in targets])
    raw = matched_difference(useful, votes, is_ai, np.zeros(len(targets)), 0.95)
    strata = [_stratum(told, target) for target in targets]
    codes = [sorted(set(strata), key=repr).index(one) for one in strata]
    matched = matched_difference(useful, votes, is_ai, codes, 0.95)
    for name, comparison in (("raw", raw), ("matched", matched)):
        row = answer.loc[name]
        assert [row["ai_targets"], row["human_targets"], row["votes"], row["strata"]] == list(comparison[3:7])
        assert_allclose([row["difference"], row["difference_low"], row["difference_high"]], comparison[:3])
        sides = [votes[is_ai].sum(), useful[is_ai].sum(), votes[~is_ai].sum(), useful[~is_ai].sum()]
        assert row[["ai_votes", "ai_useful", "human_votes", "human_useful"]].tolist() == sides


def _stratum(told: Reference, target: tuple[str, str | None]) -> tuple[Any, ...]:
    newest = told.newest_edition(target[0])
    assert newest is not None
    words = sum(count for _, _, count in newest.sections)
    band = sum(words >= least for least in (0, 150, 300, 600, 1_200))
    first = min(edition.told_at for edition in told.standing_editions(target[0]))
    kind = None if target[1] is None else told.section(target[0], target[1])[1]
    return (newest.topic or "", band, week_of(first), kind)


@pytest.mark.parametrize("by", ["source", "locale", "device", "referrer"])
def test_segments_are_each_compared_with_all_others(lake: Lake, told: Reference, by: str) -> None:
    answer = lake.ask("segments", by=by, author="Desk A", of="sections")
    chosen = [vote for vote in told.chosen({"author": "Desk A"}, *PERIOD) if vote.section_id is not None]
    found = sums(chosen, lambda vote: vote.tells(by))
    assert {row[0]: row[1:] for row in rows(answer, "segment", "votes", "useful")} == found
    assert answer["votes"].is_monotonic_decreasing
    n, x = added(found.values())
    useful, votes = shares_of([found[row[0]] for row in rows(answer, "segment")])
    assert answer["votes_of_others"].tolist() == (n - votes).tolist()
    assert answer["useful_of_others"].tolist() == (x - useful).tolist()
    told_rows = (votes >= 10) & (n - votes >= 10)
    low, high = difference_interval(useful, votes, x - useful, n - votes, 0.95)
    assert_allclose(answer["difference_low"], np.where(told_rows, low, np.nan))
    assert_allclose(answer["difference_high"], np.where(told_rows, high, np.nan))
    evidence = np.asarray(difference_evidence(useful, votes, x - useful, n - votes))
    sure = np.zeros(len(votes), dtype=bool)
    sure[told_rows] = e_discoveries(evidence[told_rows], 0.05)
    assert answer["is_sure"].tolist() == sure.tolist()


def test_drops_tells_what_fell_and_nothing_else(lake: Lake, told: Reference) -> None:
    answer = lake.ask("drops")
    window_since, base_since = datetime(2026, 10, 27, tzinfo=ZONE), datetime(2026, 9, 29, tzinfo=ZONE)
    recent, before = _families(told, window_since, UNTIL), _families(told, base_since, window_since)
    watched = sorted(
        (key for key in recent if key in before and recent[key][0] >= 10 and before[key][0] >= 10), key=repr
    )
    useful, votes = shares_of([recent[key] for key in watched])
    base_useful, base_votes = shares_of([before[key] for key in watched])
    false_share = e_false_share(drop_evidence(useful, votes, base_useful, base_votes, 0.05))
    expected = {key: share for key, share in zip(watched, false_share, strict=True) if share <= 0.05}
    shown = rows(answer, "family", "article_id", "section_id", "group")
    assert ("article", "a-rail", None, None) in shown
    assert set(shown) == set(expected)
    assert_allclose(answer["false_share"], [expected[key] for key in shown])
    assert rows(answer, "votes", "useful") == [recent[key] for key in shown]
    assert rows(answer, "votes_before", "useful_before") == [before[key] for key in shown]
    assert set(answer["targets_watched"]) == {len(watched)}
    assert set(answer["window_since"]) == {pd.Timestamp(window_since)}
    assert set(answer["base_since"]) == {pd.Timestamp(base_since)}
    assert answer["difference"].is_monotonic_increasing


def _families(told: Reference, since: datetime, until: datetime) -> dict[Any, Counts]:
    found: dict[Any, Counts] = {}
    topics: dict[str, list[Counts]] = {}
    for (article, section), counts in told.targets({}, since, until).items():
        found[("article" if section is None else "section", article, section, None)] = counts
        topic = getattr(told.newest_edition(article), "topic", None)
        if section is None and topic is not None:
            topics.setdefault(topic, []).append(counts)
    return found | {("topic", None, None, topic): added(some) for topic, some in topics.items()}


def test_rises_are_the_drops_of_those_who_found_it_not_useful(lake: Lake, told: Reference) -> None:
    answer = lake.ask("rises", window_days=14, least_points=0)
    since, base_since = datetime(2026, 10, 20, tzinfo=ZONE), datetime(2026, 9, 22, tzinfo=ZONE)
    recent, before = _families(told, since, UNTIL), _families(told, base_since, since)
    watched = [key for key in recent if key in before and recent[key][0] >= 10 and before[key][0] >= 10]
    useful, votes = shares_of([recent[key] for key in watched])
    base_useful, base_votes = shares_of([before[key] for key in watched])
    false_share = e_false_share(drop_evidence(votes - useful, votes, base_votes - base_useful, base_votes, 0.0))
    expected = {key for key, share in zip(watched, false_share, strict=True) if share <= 0.05}
    shown = rows(answer, "family", "article_id", "section_id", "group")
    assert set(shown) == expected
    assert rows(answer, "votes", "useful") == [recent[key] for key in shown]
    assert answer["difference"].is_monotonic_decreasing and (answer["difference"] > 0).all()
    if not shown:
        assert answer.attrs["notes"][0].startswith("Nothing rose: of ")


def test_no_drop_is_told_before_there_is_history(lake: Lake) -> None:
    assert lake.ask("drops", until="2026-09-28").empty


@pytest.mark.parametrize("of", ["articles", "sections"])
def test_changes_of_mind_counts_answers_and_what_they_did_to_earlier_ones(lake: Lake, told: Reference, of: str) -> None:
    answer = lake.ask("changes_of_mind", of=of, source=WEB, ai="yes")
    found = (of_sections if of == "sections" else of_articles)(
        told.changes({"source": WEB, "ai": True}, *PERIOD)  # type: ignore[arg-type]
    )
    names = ("answers", "to_useful", "to_not_useful", "taken_back", "repeated")
    shown = rows(answer, "article_id", "section_id", *names)
    assert {row[:2]: row[2:] for row in shown} == {target: tuple(row.values()) for target, row in found.items()}
    assert answer["changes"].tolist() == [sum(row[3:6]) for row in shown]
    assert answer["changed_share"].isna().tolist() == [row[2] < 10 for row in shown]


def test_ledger_accounts_for_every_record(lake: Lake, chronicle: Chronicle) -> None:
    answer = lake.ask("ledger")
    told = chronicle.reference
    totals = answer[["received", "stored", "duplicate", "dead", "moved"]].sum().to_dict()
    assert totals == {
        "received": told.received + len(told.editions) + chronicle.dead,
        "stored": told.stored + len(told.editions),
        "duplicate": told.received - told.stored,
        "dead": chronicle.dead,
        "moved": 0,
    }
    of_web = [cast for cast in chronicle.casts if cast.source == WEB]
    web = lake.ask("ledger", source=WEB)
    assert set(web["source"]) == {WEB}
    assert web["received"].sum() - web["dead"].sum() == len(of_web)


def test_dead_letters_are_told_by_reason_with_the_newest_example(lake: Lake, chronicle: Chronicle) -> None:
    answer = lake.ask("dead_letters")
    assert rows(answer, "reason", "field", "letters", "replayed") == [
        ("unknown_value", "data.vote", 2, 0),
        ("bad_time", "time", 1, 0),
        ("missing_field", "data.article_id", 1, 0),
        ("not_json", "", 1, 0),
    ]
    assert answer["found"][0] == '"perhaps"'
    assert answer["example_id"].nunique() == 4
    assert lake.ask("dead_letters", source="https://nobody.example").empty


def test_freshness_says_how_far_the_store_has_come(lake: Lake, chronicle: Chronicle) -> None:
    row = lake.ask("freshness").iloc[0]
    told = chronicle.reference
    assert row["records"] == told.received + len(told.editions) + chronicle.dead
    answers = [cast.occurred_at for cast in chronicle.casts]
    assert (row["first_vote_hour"], row["newest_vote_hour"]) == (hour_of(min(answers)), hour_of(max(answers)))
    assert row["as_of"] == chronicle.clock[0]
    assert VOTES_TOPIC in row["positions"]


def test_the_events_behind_a_number_are_as_many_as_it_says(lake: Lake, told: Reference) -> None:
    wanted: dict[str, Any] = {"topic": "Cities", "device": "mobile"}
    total = lake.ask("overview", **wanted)["votes"].tolist()
    events = lake.ask("events_behind", **wanted)
    assert [events["section_id"].isna().sum(), events["section_id"].notna().sum()] == total
    told_of_each = ("source", "event_id", "vote", "article_version", "locale", "referrer_host")
    assert Counter(rows(events, *told_of_each)) == Counter(
        (vote.source, vote.event_id, vote.vote, vote.version, vote.locale, vote.referrer)
        for vote in told.chosen(wanted, *PERIOD)
    )
    assert events["occurred_at"].is_monotonic_decreasing


def test_all_events_of_a_target_are_there_also_those_that_do_not_count(lake: Lake, told: Reference) -> None:
    events = lake.ask("events_behind", days="all", article_id="a-sea", section_id="timeline", standing=False)
    standing = set(told.standing().values())
    expected = [cast for cast in told.first_seen.values() if cast.target == ("a-sea", "timeline")]
    assert Counter(rows(events, "event_id", "vote", "is_standing")) == Counter(
        (cast.event_id, cast.vote, cast in standing) for cast in expected
    )
    few = lake.ask("events_behind", days="all", article_id="a-sea", section_id="timeline", standing=False, most=3)
    assert rows(few, "event_id") == rows(events.head(3), "event_id")
    assert few.attrs["notes"] == [
        "Cut off: these are the newest 3 events, and there are more. Set most, up to 100,000."
    ]
    whole = lake.ask(
        "events_behind", days="all", article_id="a-sea", section_id="timeline", standing=False, most=len(events)
    )
    assert len(whole) == len(events) and whole.attrs["notes"] == events.attrs["notes"] == []


def test_what_a_minimum_of_votes_leaves_out_is_said_with_the_answer(lake: Lake) -> None:
    assert lake.ask("ranking", min_votes=1).attrs["notes"] == []
    for question in lake.questions:
        takes = {parameter.name: parameter for parameter in question.parameters}
        if "min_votes" in takes:
            told = {"article_id": "a-city"} if question.name == "edit_effect" else {}
            notes = lake.ask(question.name, min_votes=30, **told).attrs["notes"]
            assert notes[0] == f"min_votes = 30: {takes['min_votes'].meaning}"
    effect = lake.ask("edit_effect", article_id="a-city", days="all", min_votes=5)
    some = lake.ask("edit_effect", article_id="a-city", days="all")
    assert len(effect) == ((some["votes"] >= 5) & (some["votes_before"] >= 5)).sum() < len(some)


def test_an_answer_has_the_columns_and_types_that_the_catalog_says_with_and_without_rows(lake: Lake) -> None:
    nobody = {"source": "https://nobody.example"}
    for question in lake.questions:
        told = {"article_id": "a-city"} if question.name == "edit_effect" else {}
        some = lake.ask(question.name, **told)
        takes = {parameter.name for parameter in question.parameters}
        of_nobody = nobody if "source" in takes else {"topic": "none"} if "topic" in takes else None
        none = some.head(0) if of_nobody is None else lake.ask(question.name, **told, **of_nobody)
        assert list(some.columns) == list(none.columns) == [column.name for column in question.columns]
        dtypes = [column.dtype for column in question.columns]
        assert [str(dtype) for dtype in some.dtypes] == dtypes, question.name
        assert [str(dtype) for dtype in none.dtypes] == dtypes, question.name
        assert (len(none) == 0) == (question.name not in ("overview", "trend", "distribution", "ai_and_human"))


def test_announced_articles_and_sections_are_told_voted_on_or_not(lake: Lake, told: Reference) -> None:
    articles = lake.ask("articles").set_index("article_id")
    assert list(articles.index) == ["a-city", "a-law", "a-port", "a-rail", "a-sea", "quiet"]
    assert articles.loc["a-sea", ["topic", "title"]].to_list() == ["Climate", "a-sea, version 1 corrected"]
    for article, row in articles.iterrows():
        versions = {edition.version for edition in told.editions if edition.article_id == article}
        assert (row["article_version"], row["versions"]) == (max(versions), len(versions))
    assert list(lake.ask("articles", topic="Cities", ai=True)["article_id"]) == ["a-city", "quiet"]
    law = lake.ask("article_sections", article_id="a-law")
    assert law[["section_id", "is_current"]].to_records(index=False).tolist() == [
        ("whats-happening", True),
        ("why-its-important", True),
        ("whats-next", True),
        ("beyond-the-headlines", False),
        ("timeline", True),
    ]
    assert list(lake.ask("article_sections", topic="Climate", kind="other")["section_id"]) == ["timeline"]
