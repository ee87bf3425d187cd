"""Questions, asked of votes that entered by the log and the processor."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from feedback_analytics import analytics
from feedback_analytics.analytics import Answers, Period, Verdict
from feedback_analytics.contract import ARTICLES_TOPIC
from feedback_analytics.store import Reader, open_reader
from tests.support.builders import a_vote, an_article, record_of
from tests.support.house import House

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WEEK = Period(datetime(2026, 11, 18, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as house:
        yield house


@pytest.fixture
def reader(house: House) -> Iterator[Reader]:
    with open_reader(house.settings) as reader:
        yield reader


@pytest.fixture
def answers(reader: Reader) -> Answers:
    return Answers(reader)


def cast(house: House, *votes: dict[str, Any]) -> None:
    house.append([record_of(vote) for vote in votes])
    house.process_all()


def announce(house: House, *articles: dict[str, Any]) -> None:
    house.append(
        [(article["data"]["article_id"].encode(), json.dumps(article).encode()) for article in articles], ARTICLES_TOPIC
    )
    house.process_all()


def many(article: str, useful: int, votes: int, at: datetime = NOON, **told: Any) -> list[dict[str, Any]]:
    """So many readers' votes, the first of them useful."""
    return [a_vote(article, useful=n < useful, reader=f"r{n}", at=at, **told) for n in range(votes)]


def table(frame: pd.DataFrame, *columns: str) -> str:
    rows = [list(columns)]
    for record in frame.to_dict("records"):
        cells = [record[column] for column in columns]
        rows.append(["" if pd.isna(c) else f"{c:.3g}" if isinstance(c, float) else str(c) for c in cells])
    widths = [max(len(row[place]) for row in rows) for place in range(len(columns))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def test_an_articles_row_counts_each_reader_once_and_only_votes_for_the_whole(house: House, answers: Answers) -> None:
    announce(house, an_article("a1", title="Harbour tunnel", at=NOON, topic="Cities"))
    cast(
        house,
        a_vote("a1", useful=True, reader="r1", at=NOON),
        a_vote("a1", useful=False, reader="r1", at=NOON + timedelta(minutes=1)),
        a_vote("a1", useful=True, reader="r2", at=NOON),
        a_vote("a1", useful=True, reader="r3", at=NOON),
        a_vote("a1", vote="retracted", reader="r3", at=NOON + timedelta(minutes=1)),
        a_vote("a1", useful=True, reader="r1", at=NOON, section="whats-next"),
        a_vote("a2", useful=False, reader="r1", at=NOON),
    )
    assert table(
        answers.articles(WEEK), "article_id", "title", "topic", "votes", "useful", "useful_share", "verdict"
    ) == (
        "article_id  title           topic   votes  useful  useful_share  verdict\n"
        "a1          Harbour tunnel  Cities  2      1       0.5           too_few\n"
        "a2          a2                      1      0       0             too_few"
    )


def test_a_vote_outside_the_period_does_not_count(house: House, answers: Answers) -> None:
    at = (WEEK.since, WEEK.since - timedelta(seconds=1), WEEK.until - timedelta(seconds=1), WEEK.until)
    cast(house, *(a_vote("a1", reader=f"r{n}", at=when) for n, when in enumerate(at)))
    assert list(answers.articles(WEEK)["votes"]) == [2]


def test_articles_are_judged_against_the_middle_one(house: House, answers: Answers) -> None:
    cast(house, *many("good", 290, 300), *many("middle", 210, 300), *many("poor", 120, 300), *many("new", 2, 4))
    found = answers.articles(WEEK).set_index("article_id")
    assert found["reference_share"].unique() == [0.7]
    assert found["verdict"].to_dict() == {
        "good": Verdict.BETTER,
        "middle": Verdict.UNSURE,
        "poor": Verdict.WORSE,
        "new": Verdict.TOO_FEW,
    }


def test_sections_are_judged_against_those_of_their_kind(house: House, answers: Answers) -> None:
    announce(house, *(an_article(name, at=NOON) for name in ("a1", "a2", "a3")))
    cast(
        house,
        *many("a1", 240, 300, section="whats-happening"),
        *many("a2", 150, 300, section="whats-next"),
        *many("a3", 30, 300, section="whats-next"),
        *many("a1", 150, 300, section="whats-next"),
    )
    columns = ("article_id", "heading", "kind", "votes", "reference_share", "verdict")
    assert table(answers.sections(WEEK), *columns) == (
        "article_id  heading            kind             votes  reference_share  verdict\n"
        "a1          What's Happening?  whats_happening  300    0.8              unsure\n"
        "a1          What's Next?       whats_next       300    0.5              unsure\n"
        "a2          What's Next?       whats_next       300    0.5              unsure\n"
        "a3          What's Next?       whats_next       300    0.5              worse"
    )


def test_the_overview_is_the_sum_of_articles_and_of_sections(house: House, answers: Answers) -> None:
    cast(house, *many("a1", 6, 10), *many("a2", 1, 2), *many("a1", 3, 5, section="s1"))
    assert table(answers.overview(WEEK), "target", "targets", "votes", "useful", "useful_share") == (
        "target   targets  votes  useful  useful_share\n"
        "article  2        12     7       0.583\n"
        "section  1        5      3       0.6"
    )


def test_without_votes_there_is_no_share_and_not_zero_percent(house: House, answers: Answers) -> None:
    found = answers.overview(WEEK)
    assert list(found["votes"]) == [0, 0]
    assert found["useful_share"].isna().all()
    assert answers.articles(WEEK).empty
    assert answers.sections(WEEK).empty
    assert answers.kinds(WEEK).empty


def test_kinds_stand_in_the_order_of_the_house_format(house: House, answers: Answers) -> None:
    announce(house, an_article("a1", at=NOON))
    cast(
        house,
        *many("a1", 1, 2, section="whats-next"),
        *many("a1", 2, 3, section="whats-happening"),
        *many("a2", 1, 1, section="unheard-of"),
    )
    assert table(answers.kinds(WEEK), "kind", "sections", "votes", "useful") == (
        "kind             sections  votes  useful\n"
        "whats_happening  1         3      2\n"
        "whats_next       1         2      1\n"
        "other            1         1      1"
    )


def test_every_day_of_the_period_has_a_row_and_few_votes_no_share(house: House, answers: Answers) -> None:
    cast(house, *many("a1", 8, 12), *many("a2", 1, 3, at=NOON + timedelta(days=1)))
    found = answers.over_time(WEEK)
    assert list(found["votes"]) == [0, 0, 12, 3, 0, 0, 0]
    assert found["useful_share"].notna().sum() == 1
    assert str(found["step_at"].iloc[0]) == "2026-11-18 00:00:00+00:00"


def test_over_time_can_be_asked_of_one_article(house: House, answers: Answers) -> None:
    cast(house, *many("a1", 8, 12), *many("a2", 1, 3))
    assert answers.over_time(WEEK, "a2")["votes"].sum() == 3


@pytest.mark.parametrize(("days", "steps"), [(1, 24), (28, 28), (210, 30), (2000, 66)])
def test_the_step_follows_from_the_length_of_the_period(house: House, answers: Answers, days: int, steps: int) -> None:
    """30 weeks from a Monday; 66 calendar months touch 2,000 days."""
    until = datetime(2026, 11, 23, tzinfo=UTC)
    period = Period(until - timedelta(days=days), until)
    cast(house, *many("a1", 1, 1, at=until - timedelta(hours=1)))
    found = answers.over_time(period)
    assert (len(found), found["votes"].sum()) == (steps, 1)


def test_the_outline_has_sections_without_votes_and_those_that_were_dropped(house: House, answers: Answers) -> None:
    announce(
        house,
        an_article("a1", at=NOON, sections=[{"id": "old", "heading": "An old one"}]),
        an_article("a1", version=2, at=NOON, sections=[{"id": "whats-next", "heading": "What's Next?"}]),
    )
    cast(house, *many("a1", 1, 2, section="unheard-of"))
    assert table(answers.outline("a1", WEEK), "section_id", "heading", "kind", "is_current", "votes") == (
        "section_id  heading       kind        is_current  votes\n"
        "old         An old one    other       False       0\n"
        "whats-next  What's Next?  whats_next  True        0\n"
        "unheard-of  unheard-of    other       False       2"
    )


def test_an_article_is_known_by_its_announcement_or_by_a_vote(house: House, answers: Answers) -> None:
    announce(
        house, an_article("a1", version=1, title="Old", at=NOON), an_article("a1", version=2, title="New", at=NOON)
    )
    cast(house, *many("a2", 1, 1))
    assert table(answers.article("a1"), "article_id", "title", "article_version") == (
        "article_id  title  article_version\na1          New    2"
    )
    assert table(answers.article("a2"), "article_id", "title") == "article_id  title\na2          a2"
    assert answers.article("a3").empty
    assert list(answers.article_versions("a1")["article_version"]) == [1, 2]


def test_the_ledger_says_what_became_of_each_record(house: House, answers: Answers) -> None:
    vote = a_vote("a1", at=NOON)
    cast(house, vote, vote)
    house.append_to(0, b"not an event")
    house.process_all()
    assert table(answers.ledger_balance(), "received", "stored", "duplicate", "dead", "moved", "does_balance") == (
        "received  stored  duplicate  dead  moved  does_balance\n3         1       1          1     0      True"
    )


def test_freshness_tells_the_last_commit_and_the_span_of_the_votes(house: House, answers: Answers) -> None:
    empty = answers.freshness().iloc[0]
    assert pd.isna(empty["as_of"]) and pd.isna(empty["newest_vote_hour"])
    cast(house, a_vote("a1", at=NOON + timedelta(minutes=59)), a_vote("a2", at=NOON - timedelta(days=400)))
    found = answers.freshness().iloc[0]
    assert found["newest_vote_hour"] == NOON
    assert found["first_vote_hour"] == NOON - timedelta(days=400)
    assert found["newest_received_at"] <= found["as_of"]


def test_a_new_vote_is_seen_at_the_next_question_and_not_within_one(house: House, answers: Answers) -> None:
    cast(house, *many("a1", 1, 1))
    before = answers.snapshot_id()
    with answers.on_one_snapshot():
        first = answers.overview(WEEK)["votes"].sum()
        cast(house, *many("a2", 1, 1))
        within = answers.articles(WEEK)["votes"].sum()
    assert (first, within) == (1, 1)
    assert answers.overview(WEEK)["votes"].sum() == 2
    assert answers.snapshot_id() != before


def test_whoever_changes_an_answer_changes_only_his_own(house: House, answers: Answers) -> None:
    cast(house, *many("a1", 1, 1))
    mine = answers.ledger_balance()
    mine.loc[0, "stored"] = 99
    assert answers.ledger_balance()["stored"][0] == 1


QUERIES = sorted(
    path.name.removesuffix(".sql")
    for path in resources.files(analytics).joinpath("queries").iterdir()
    if path.is_file()
)
PARAMETERS: dict[str, Any] = {
    "since": WEEK.since, "until": WEEK.until, "known_at": WEEK.until, "step": "day", "article_id": "a1",
    "section_id": None, "topic": None, "author": None, "language": None, "kind": None, "ai": None, "source": None,
    "locale": None, "device": None, "referrer": None, "vote": None, "dimension": "device", "of_sections": False,
    "everything": False, "standing": True, "most": 10, "late_us": 3_600_000_000, "watch": "{}", "notes": 0,
    "noted_until": None, "entries": 0, "every_article": False, "least_offset": 0, "most_offset": 10,
    "committed_from": WEEK.since,
}  # fmt: skip
STEP = "select $since::timestamptz as step_at, $since::timestamptz + interval 1 day as ends_at"
SPANS = "select log_id, log_topic, log_partition, 0 as first_offset, next_offset, 1::tinyint as sign from known"
ENTRIES = """
select 'a1' as article_id, null::varchar as section_id, $since::timestamptz as occurred_at, 1::bigint as votes_delta,
    1::bigint as useful_delta
"""
LENT = ("known_positions_then", "some_segments", "target_counts_of_segments", "article_facts", "section_facts")
# Questions whose tables other questions read, in the order in which they are made.
LENT_AS = {"known_positions_then": "known", "target_counts_of_segments": "counts"}


def test_a_query_gives_the_columns_that_its_header_promises(reader: Reader) -> None:
    with reader.snapshot() as snapshot:
        for name in (*LENT, *sorted(set(QUERIES) - set(LENT))):
            sql = resources.files(analytics).joinpath("queries", f"{name}.sql").read_text()
            header, body = ("\n".join(lines) for lines in _split(sql))
            assert re.match(rf"-- {name}: .*\?\n", header)
            types = "varchar|bigint|ubigint|integer|smallint|boolean|double|timestamp with time zone"
            promised = re.findall(rf"^--   (\w+) +({types})(?: |$)", header, re.M)
            used = set(re.findall(r"\$(\w+)", body))
            assert set(re.findall(r"\$(\w+)", header)) == used, name
            bound = {key: PARAMETERS[key] for key in used}
            described = snapshot.table(f"describe {sql}", bound).to_pylist()
            assert promised == [(row["column_name"], row["column_type"].lower()) for row in described], name
            if name in LENT:
                snapshot.lend(LENT_AS.get(name, name), snapshot.table(sql, bound))
            if name == "known_positions_then":
                snapshot.lend("spans", snapshot.table(SPANS))
                snapshot.lend("span_entries", snapshot.table(ENTRIES, {"since": WEEK.since}))
            if name == LENT[-1]:
                quarter = "select $since::timestamptz as quarter_at, 1 as votes_delta, 1 as useful_delta"
                snapshot.lend("parts", snapshot.table(quarter, {"since": WEEK.since}))
                snapshot.lend("chosen_articles", snapshot.table("select 'a1' as article_id"))
                snapshot.lend("chosen", snapshot.table("select 'a1' as article_id, null::varchar as section_id"))
                snapshot.lend("steps", snapshot.table(STEP, {"since": WEEK.since}))


def _split(sql: str) -> tuple[list[str], list[str]]:
    lines = sql.splitlines()
    return [line for line in lines if line.startswith("--")], [line for line in lines if not line.startswith("--")]
